"""What p2c-train writes, held against PyTorch. Needs torch, numpy, Pillow and ../shared.

    train_torch.py strict FILE CH            torch.load(weights_only=True), and the six networks load their state dicts strictly
    train_torch.py prepare DIR               DIR/dataset/{trainA,trainB}/1.png of 128 x 128, DIR/start.pt: ch 8, hash-made; DIR/torch.pt:
                                             the same after a step by PyTorch, without ID loss
    train_torch.py compare DIR FILE          FILE is p2c-train's after that step: the fraction of elements within lr/100, network by network
"""
import os, sys
import numpy as np, torch

SHARED = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../shared')
sys.path.insert(0, SHARED + '/oracle')
from p2c_torch import Gan, test_image

LR, SIZE, CH = 1e-4, 128, 8


def strict(path, ch):
    tree, gan = torch.load(path, weights_only=True), Gan(ch=ch, size=96)
    for name in gan.nets: getattr(gan, name).load_state_dict(tree[name], strict=True)
    print(f'{sum(len(tree[n]) for n in gan.nets)} tensors of {len(gan.nets)} networks, step {tree["p2cnn"]["step"]}')


def prepare(folder):
    from PIL import Image
    pictures = []
    for domain in 'AB':
        pixels = ((test_image('training.' + domain, 1, SIZE)[0].permute(1, 2, 0).numpy() + 1) * 127.5).astype(np.uint8)
        os.makedirs(f'{folder}/dataset/train{domain}', exist_ok=True)
        Image.fromarray(pixels).save(f'{folder}/dataset/train{domain}/1.png')
        pictures.append(torch.from_numpy(pixels.transpose(2, 0, 1)[None] / np.float32(127.5) - 1))
    gan = Gan(ch=CH, size=SIZE, lr=LR, faceid=0)
    torch.save({k: {n: t.clone() for n, t in v.items()} for k, v in gan.state().items()}, folder + '/start.pt')
    losses = gan.step(*pictures)
    torch.save(gan.state(), folder + '/torch.pt')
    print({k: round(v, 6) for k, v in losses.items()})


def compare(folder, path):
    start, theirs, ours, bad = torch.load(folder + '/start.pt'), torch.load(folder + '/torch.pt'), torch.load(path, weights_only=True), False
    for net, tensors in theirs.items():
        near = count = moved = 0
        worst = iteration = 0.0
        for name, t in tensors.items():
            d = (ours[net][name].double() - t.double()).abs()
            if name.endswith(('weight_u', 'weight_v')): iteration = max(iteration, d.max().item())
            else:
                near, count, worst = near + (d <= LR / 100).sum().item(), count + d.numel(), max(worst, d.max().item())
                moved += (t != start[net][name]).sum().item()
        print(f'{net}: {100 * near / count:.3f} % of {count} elements within lr/100, the worst off by {worst / LR:.3f} lr; u and v by {iteration:.1e}; {100 * moved / count:.1f} % were updated')
        bad |= near < 0.99 * count or worst > 2 * LR + 1e-6 or iteration > 1e-5 or moved < 0.5 * count
    return bad


if __name__ == '__main__':
    if sys.argv[1] == 'strict': strict(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1] == 'prepare': prepare(sys.argv[2])
    else: sys.exit(compare(sys.argv[2], sys.argv[3]))
