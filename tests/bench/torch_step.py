"""Times the reference training step: torch_step.py ORACLE_FOLDER RUNS THREADS prints the medians, in ms, of the published step and of the
step without its waste, and the peak memory in MiB."""
import resource, statistics, sys, time

sys.path.insert(0, sys.argv[1])
import torch
import p2c_torch as oracle

runs = int(sys.argv[2])
torch.set_num_threads(int(sys.argv[3]))
gan, a, b = oracle.Gan(), oracle.test_image("bench"), oracle.test_image("bench.b")


def median_ms(step):
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        step(a, b)
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times[1:])


published, lean = median_ms(gan.step), median_ms(gan.lean)
print(f"{published:.1f} {lean:.1f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}")
