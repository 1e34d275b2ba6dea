"""The median time of a forward pass of an ONNX file, in milliseconds: onnx_forward.py onnxruntime|openvino FILE SIZE RUNS THREADS
Exit status 1, and nothing printed: the package is not installed."""
import statistics, sys, time


def session_of(peer, path, threads):
    if peer == 'onnxruntime':
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])
        name = session.get_inputs()[0].name
        return lambda x: session.run(None, {name: x})
    import openvino
    core = openvino.Core()
    core.set_property('CPU', {'INFERENCE_NUM_THREADS': threads, 'INFERENCE_PRECISION_HINT': 'f32', 'PERFORMANCE_HINT': 'LATENCY'})
    request = core.compile_model(path, 'CPU').create_infer_request()
    return lambda x: request.infer([x])


def main(peer, path, size, runs, threads):
    try: run = session_of(peer, path, threads)
    except ImportError: return 1
    import numpy as np
    x, times = np.random.default_rng(1).uniform(-1, 1, (1, 3, size, size)).astype(np.float32), []
    for i in range(runs + 2):
        start = time.perf_counter()
        run(x)
        if i >= 2: times.append(1e3 * (time.perf_counter() - start))
    print(f'{statistics.median(times):.2f}')
    return 0


if __name__ == '__main__': sys.exit(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])))
