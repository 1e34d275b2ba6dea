"""Pictures and cartoons by PyTorch, to hold p2c-infer's against. Needs torch, numpy, Pillow and ../shared.

    oracle.py prepare DIR COUNT    DIR/in/*.png: COUNT test portraits at 256x256; DIR/hash.pt: ch 32 weights; DIR/{half,hash,builtin}_torch/*.png
    oracle.py compare DIR          prints the largest difference of DIR/{half,hash,builtin}_p2cnn/*.png; exit status 1 when it is above 1
"""
import glob, os, sys

SHARED = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../shared')
sys.path.insert(0, SHARED + '/oracle')
HALF = SHARED + '/models/genA2B_3341steps_half.pt'
BUILTIN = 'lib/model/weights/generator.pt'


def prepare(folder, count):
    import torch
    from PIL import Image
    from p2c_torch import Generator, hash_init, infer
    weights = {'half': HALF, 'hash': folder + '/hash.pt', 'builtin': BUILTIN}
    torch.save({'genA2B': hash_init(Generator(32), 'genA2B').state_dict()}, weights['hash'])
    for name in ['in'] + [k + '_torch' for k in weights]: os.makedirs(f'{folder}/{name}', exist_ok=True)
    for path in sorted(glob.glob(SHARED + '/data/photo2cartoon/testA/*'))[:count]:
        stem = os.path.splitext(os.path.basename(path))[0]
        Image.open(path).convert('RGB').resize((256, 256), Image.BOX).save(f'{folder}/in/{stem}.png')
        for k, w in weights.items(): infer(w, f'{folder}/in/{stem}.png', f'{folder}/{k}_torch/{stem}.png')


def compare(folder):
    import numpy as np
    from PIL import Image
    read, bad = lambda path: np.asarray(Image.open(path).convert('RGB')).astype(int), False
    for k in ('half', 'hash', 'builtin'):
        worst = values = different = pictures = 0
        for path in sorted(glob.glob(f'{folder}/{k}_torch/*.png')):
            d = abs(read(path) - read(path.replace(k + '_torch', k + '_p2cnn')))
            worst, values, different, pictures = max(worst, d.max()), values + d.size, different + (d > 0).sum(), pictures + 1
        print(f'{k} weights: {pictures} pictures, largest difference {worst}, {different} of {values} 8-bit values differ ({100 * different / values:.4f} %)')
        bad |= worst > 1 or not pictures
    return bad


if __name__ == '__main__':
    if sys.argv[1] == 'prepare': prepare(sys.argv[2], int(sys.argv[3]))
    else: sys.exit(compare(sys.argv[2]))
