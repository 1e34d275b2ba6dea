"""MobileFaceNet with 112 x 96 pixels in and 128 values out, in PyTorch: what lib/model/mobilefacenet_xiaoccer.c is compared with.

    python tests/golden/face_torch.py WEIGHTS SIZE PICTURES OUT    embeddings of PICTURES, raw float32 (n,3,SIZE,SIZE), as raw float32 (n,128)

Written from the paper (Chen 2018) and the published file's names and shapes. make_golden.py uses it with hash-made weights, the
tests with a real file when there is one.
"""
import sys
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F


class Unit(nn.Module):
    """Convolution, batch norm and, but where linear, PReLU."""
    def __init__(self, a, b, k, stride=1, pad=0, groups=1, linear=False):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(a, b, k, stride, pad, groups=groups, bias=False), nn.BatchNorm2d(b)
        if not linear: self.prelu = nn.PReLU(b)

    def forward(self, x):
        x = self.bn(self.conv(x))
        return self.prelu(x) if hasattr(self, 'prelu') else x


class Bottleneck(nn.Module):
    def __init__(self, a, b, mid, stride):
        super().__init__()
        self.residual = stride == 1 and a == b
        conv = lambda *args, **kw: nn.Conv2d(*args, bias=False, **kw)
        self.conv = nn.Sequential(conv(a, mid, 1), nn.BatchNorm2d(mid), nn.PReLU(mid),
                                  conv(mid, mid, 3, stride=stride, padding=1, groups=mid), nn.BatchNorm2d(mid), nn.PReLU(mid),
                                  conv(mid, b, 1), nn.BatchNorm2d(b))

    def forward(self, x):
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileFaceNet96(nn.Module):
    """forward: face (n,3,112,96), pixels as (v-127.5)/128 -> (n,128), of any length."""
    def __init__(self):
        super().__init__()
        self.conv1, self.dw_conv1 = Unit(3, 64, 3, 2, 1), Unit(64, 64, 3, 1, 1, 64)
        blocks, a = [], 64
        for expand, b, count, stride in ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1)):
            for i in range(count):
                blocks.append(Bottleneck(a, b, a * expand, stride if i == 0 else 1))
                a = b
        self.blocks = nn.Sequential(*blocks)
        self.conv2 = Unit(128, 512, 1)
        self.linear7, self.linear1 = Unit(512, 512, (7, 6), groups=512, linear=True), Unit(512, 128, 1, linear=True)

    def forward(self, x):
        for name in ('conv1', 'dw_conv1', 'blocks', 'conv2', 'linear7', 'linear1'): x = getattr(self, name)(x)
        return x.flatten(1)


def crop96(picture):
    """The square of the face, as the published ID loss cuts it but 0.1 of the landmarks' box higher; at 112 x 112, of which 8 columns on
    each side are left out. (n,3,h,w) in [-1,1] -> (n,3,112,96), pixels as (v-127.5)/128."""
    h, w = picture.shape[2:]
    top, bottom = int(h / 2.1 * (0.8 - 0.33 - 0.1)), int(h - h / 2.1 * (0.3 + 0.1))
    left = int(w / 2 - (bottom - top) / 2)
    face = F.interpolate(picture[:, :, top:bottom, left:left + bottom - top], size=[112, 112], mode='bilinear', align_corners=True)
    return face[:, :, :, 8:104] * (127.5 / 128)


def embedding(net, picture):
    return F.normalize(net(crop96(picture)))


def load(path):
    net = MobileFaceNet96()
    net.load_state_dict(torch.load(path, map_location='cpu', weights_only=True)['net_state_dict'])
    return net.eval()


def main(weights, size, pictures, out):
    x = torch.from_numpy(np.fromfile(pictures, np.float32)).reshape(-1, 3, size, size)
    with torch.no_grad(): embedding(load(weights), x).numpy().tofile(out)


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]) if len(sys.argv) == 5 else sys.exit(__doc__)
