"""Whether PyTorch takes a checkpoint of p2c-train: checkpoint.py FILE CH SIZE. Needs torch and ../shared/oracle; its C side skips without.

Every network is loaded strictly into PyTorch's own class of it, and moments belong to parameters, one to one, of equal shape.
"""
import sys
import torch

sys.path.insert(0, '../shared/oracle')
from p2c_torch import Discriminator, Generator

path, ch, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for mmap in False, True:
    file = torch.load(path, weights_only=True, mmap=mmap)
classes = {name: lambda: Generator(ch, size) for name in ('genA2B', 'genB2A', 'genA2B_ema', 'genB2A_ema')}
classes |= {name: lambda: Discriminator(7, ch) for name in ('disGA', 'disGB')}
classes |= {name: lambda: Discriminator(5, ch) for name in ('disLA', 'disLB')}
assert list(file) == ['genA2B', 'genB2A', 'disGA', 'disGB', 'disLA', 'disLB', 'genA2B_ema', 'genB2A_ema', 'p2cnn'], list(file)
trained = {}
for name, make in classes.items():
    net = make()
    result = net.load_state_dict(file[name], strict=True)
    assert not result.missing_keys and not result.unexpected_keys
    for key, tensor in net.state_dict().items():
        assert torch.equal(tensor, file[name][key]), key
    if not name.endswith('_ema'):
        trained |= {f'{name}.{key}': p for key, p in net.named_parameters()}
moments = file['p2cnn']['moments']
assert list(moments) == ['exp_avg', 'exp_avg_sq'], list(moments)
for part in moments.values():
    assert all(trained[key].shape == tensor.shape for key, tensor in part.items())
    without = {key for key in trained if key not in part}
    assert all('.ConvBlock4.' in key for key in without), sorted(without)[:3]
assert file['p2cnn']['step'] == 1000
print(f"torch {torch.__version__}: {len(classes)} networks loaded strictly, {len(part)} of {len(trained)} parameters have moments")
