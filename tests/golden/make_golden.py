"""Makes tests/golden/data: golden values small enough to commit.

    python tests/golden/make_golden.py REFERENCE    run from the repository root; REFERENCE holds golden/ and oracle/

From the full golden files it drops the pictures (test_image makes them again) and replaces most large tensors by digests: sum, sum
of squares, 16 evenly spaced values. For a few sizes and widths that those files lack it runs the oracle, and
face_torch.py and faces_torch.py for the networks that the oracle lacks. A file is a dict:

    name        float32 tensor, or a list of 18 floats: a digest
    err.name    float: the norm of what PyTorch's own float32 run differs by

and of a training run: losses (steps, [d,g,adv,cycle,identity,cam,faceid]) in float64, losses_float32 by PyTorch's float32 run, and
first.name, digests of the weights after the first step.
"""
import os, shutil, sys, tempfile
import torch

OUT = os.path.join(os.path.dirname(__file__), 'data')
INPUTS = ('x', 'dy', 'ref')
# file: (the largest gradient kept in full, other tensors to digest)
REDUCE = {
    'generator_ch8_s64': (2304, lambda k: k.startswith('tap.')),
    'generator_ch8_s64_full': (0, lambda k: False),
    'generator_ch32_s256': (0, lambda k: False),
    'discriminator_7_ch4_s128': (2304, lambda k: k in ('1.dx', '2.dx')),
    'discriminator_5_ch8_s128': (2304, lambda k: k in ('1.dx', '2.dx')),
    'mobilefacenet': (0, lambda k: False),
}
# training runs: the losses, and whether the digests of all weights after the first step
TRAINING = {'ch8_s128': True, 'ch8_s128_slow': False, 'ch32_s256': False}
# tag, ch, size, n, light: outputs and the digest only of dx
EXTRA = [('ch12_s48', 12, 48, 1, True), ('ch4_s96', 4, 96, 1, True), ('ch8_s32', 8, 32, 3, True), ('ch4_s48_full', 4, 48, 2, False)]


def plain(value, digested, digest):
    """A digest as a list of floats, which takes a fifth of a tensor's room."""
    if value.dtype == torch.float64 and value.shape == (18,): return value.tolist()
    return digest(value).tolist() if digested else value.clone()


def reduce(source, limit, digested, digest):
    out = {}
    for key, value in source.items():
        if key.startswith('err.') or key in INPUTS: continue
        large = 'grad.' in key and value.dtype == torch.float32 and value.numel() > limit
        out[key] = plain(value, large or digested(key), digest)
        out['err.' + key] = float(source['err.' + key])
    return out


def save(name, data):
    path = os.path.join(OUT, name + '.pt')
    torch.save(data, path)
    size, digests = os.path.getsize(path), sum(isinstance(v, list) for v in data.values())
    print(f'{size:9,d}  {name}: {len(data) // 2} tensors, {digests} of them as digests')
    return size


def golden_face96(p2c_torch):
    """mobilefacenet_xiaoccer.pt, and the list of keys."""
    import torch.nn.functional as F
    from face_torch import MobileFaceNet96, crop96, embedding

    def run(dtype):
        net = p2c_torch.hash_init(MobileFaceNet96(), 'face').to(dtype).eval()
        x, ref = (p2c_torch.test_image(tag, 2, 64).to(dtype) for tag in ('face', 'face.ref'))
        distance = (1 - F.cosine_similarity(embedding(net, x.requires_grad_(True)), embedding(net, ref))).mean()
        distance.backward()
        return {'crop': crop96(x), 'embedding': embedding(net, x), 'distance': distance, 'dx': x.grad}
    record = p2c_torch.record(run, lambda k: k == 'crop')
    with open(os.path.join(OUT, 'keys_mobilefacenet_xiaoccer.tsv'), 'w') as f:
        for k, t in MobileFaceNet96().state_dict().items(): f.write(f'{k}\t{",".join(map(str, t.shape))}\t{str(t.dtype)[6:]}\n')
    return save('mobilefacenet_xiaoccer', reduce(record, 0, lambda k: False, p2c_torch.digest)) + os.path.getsize(f.name)


def golden_faces(p2c_torch, name, size):
    """matte.pt, landmarks.pt: the loss is the mean of the squares of what comes out."""
    from faces_torch import NETWORKS

    def run(dtype):
        net = p2c_torch.hash_init(NETWORKS[name][0](), name).to(dtype)
        x = p2c_torch.test_image(name, 2, size).to(dtype).requires_grad_(True)
        y = net(x)
        (y * y).mean().backward()
        return {'y': y, 'dx': x.grad, **{'grad.' + k: p.grad for k, p in net.named_parameters()}}
    return save(name, reduce(p2c_torch.record(run), 0, lambda k: k == 'dx', p2c_torch.digest))


def main(reference):
    sys.path.insert(0, os.path.join(reference, 'oracle'))
    import p2c_torch
    os.makedirs(OUT, exist_ok=True)
    total = 0
    for name, (limit, digested) in REDUCE.items():
        source = torch.load(os.path.join(reference, 'golden', name + '.pt'), weights_only=True)
        total += save(name, reduce(source, limit, digested, p2c_torch.digest))
    with tempfile.TemporaryDirectory() as folder:
        for tag, ch, size, n, light in EXTRA:
            p2c_torch.golden_generator(folder, tag, ch, size, n, light=light, full_grad=False)
            source = torch.load(os.path.join(folder, f'generator_{tag}.pt'), weights_only=True)
            source = {k: v for k, v in source.items() if not k.removeprefix('err.').startswith(('tap.', 'grad.'))}
            total += save('generator_' + tag, reduce(source, 0, lambda k: False, p2c_torch.digest))
    total += golden_face96(p2c_torch) + golden_faces(p2c_torch, 'matte', 96) + golden_faces(p2c_torch, 'landmarks', 112)
    for tag, digests in TRAINING.items():
        source = torch.load(os.path.join(reference, 'golden', f'training_{tag}.pt'), weights_only=True)
        total += save('training_' + tag, {k: v.clone() if k.startswith('losses') else v.tolist()
                                          for k, v in source.items() if k.startswith('losses') or (digests and k.startswith('first.'))})
    for keys in sorted(os.listdir(os.path.join(reference, 'golden'))):
        if keys.startswith('keys_'):
            shutil.copyfile(os.path.join(reference, 'golden', keys), os.path.join(OUT, keys))
            total += os.path.getsize(os.path.join(OUT, keys))
    print(f'{total:9,d}  altogether, with the lists of keys')


if __name__ == '__main__':
    main(sys.argv[1]) if len(sys.argv) == 2 else sys.exit(__doc__)
