"""The networks for mattes and landmarks in PyTorch, as the headers of lib/model/matte.c and landmarks.c describe them. make_golden.py uses
them with hash-made weights; their parameters have the names of p2c-fit's files, so that those load, too:

    python tests/golden/faces_torch.py matte|landmarks WEIGHTS PICTURES OUT    raw float32 (n,3,s,s) in [-1,1] -> alpha (n,1,256,256), or points (n,136)
"""
import sys
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1)

    def forward(self, x):
        return F.relu(x + self.conv2(F.relu(F.instance_norm(self.conv1(x)))))


class Down(nn.Sequential):
    """Named by numbers: 0 halves, the others refine."""
    def __init__(self, a, b, blocks):
        super().__init__(nn.Conv2d(a, b, 3, padding=1), *(Residual(b) for _ in range(blocks)))

    def forward(self, x):
        x = F.relu(self[0](F.avg_pool2d(x, 2)))
        for block in list(self)[1:]: x = block(x)
        return x


class Matte(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 2, 1)
        for i, (a, b, blocks) in enumerate(((16, 24, 1), (24, 40, 2), (40, 48, 1), (48, 48, 1)), 1): setattr(self, f'down{i}', Down(a, b, blocks))
        for i, (a, b) in {3: (48, 48), 2: (48, 40), 1: (40, 24)}.items(): setattr(self, f'up{i}', nn.ModuleList([nn.Conv2d(a, b, 1), Residual(b)]))
        self.head = nn.ModuleList([nn.Conv2d(24, 16, 1), nn.Conv2d(16, 16, 3, padding=1), nn.Conv2d(16, 1, 3, padding=1)])

    def forward(self, x):
        size, skips = x.shape[2:], [F.relu(self.stem(x))]
        for i in range(1, 5): skips.append(getattr(self, f'down{i}')(skips[-1]))
        x = skips[4]
        for i in (3, 2, 1):
            up = getattr(self, f'up{i}')
            x = up[1](skips[i] + F.interpolate(up[0](x), scale_factor=2, mode='nearest'))
        x = F.relu(skips[0] + F.interpolate(self.head[0](x), scale_factor=2, mode='nearest'))
        x = self.head[2](F.relu(self.head[1](x)))
        return F.interpolate(x, size=size, mode='bilinear', align_corners=False)


class Landmarks(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 2, 1)
        for i, (a, b, blocks) in enumerate(((16, 24, 1), (24, 48, 2), (48, 64, 1)), 1): setattr(self, f'down{i}', Down(a, b, blocks))
        self.head = nn.ModuleList([nn.Conv2d(64, 16, 1), nn.Linear(16 * 49, 128), nn.Linear(128, 136)])

    def forward(self, x):
        x = F.relu(self.stem(x))
        for i in (1, 2, 3): x = getattr(self, f'down{i}')(x)
        x = F.relu(self.head[0](x)).flatten(1)
        return self.head[2](F.relu(self.head[1](x)))


NETWORKS = {'matte': (Matte, 256), 'landmarks': (Landmarks, 112)}


def main(name, weights, pictures, out):
    network, size = NETWORKS[name]
    net = network()
    net.load_state_dict({k: v.float() for k, v in torch.load(weights, map_location='cpu', weights_only=True)[name].items()})
    x = torch.from_numpy(np.fromfile(pictures, np.float32)).reshape(-1, 3, size, size)
    with torch.no_grad(): y = net(x)
    (torch.sigmoid(y) if name == 'matte' else y).numpy().tofile(out)


if __name__ == '__main__':
    main(*sys.argv[1:]) if len(sys.argv) == 5 and sys.argv[1] in NETWORKS else sys.exit(__doc__)
