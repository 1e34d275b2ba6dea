"""torch_forward.py ORACLE_FOLDER RUNS THREADS: median milliseconds of PyTorch's eager float32 forward of the generator."""
import sys, time
import torch

sys.path.insert(0, sys.argv[1])
from p2c_torch import Generator, test_image  # noqa: E402

torch.set_num_threads(int(sys.argv[3]))
net, x, times = Generator().eval(), test_image('bench'), []
with torch.no_grad():
    for i in range(int(sys.argv[2]) + 2):
        start = time.perf_counter()
        net(x)
        times.append((time.perf_counter() - start) * 1e3)
times = sorted(times[2:])
n = len(times)
print('%.3f' % ((times[(n - 1) // 2] + times[n // 2]) / 2))
