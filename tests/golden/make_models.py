"""Makes tests/golden/data/models.pt: what onnxruntime and TensorFlow make of the published networks that faces are found and cut out with.

    python tests/golden/make_models.py MODELS    run from the repository root; MODELS is the folder with the files

A dict: file name -> {"range": inputs are uniform in [-range, range) by the hash rule (tests/hash.h) for "models.<file name>", "dims": of the input, in the
file's own order, then by output name every 97th of its values (all, when they are under 2,000)}.
"""
import os, sys
import numpy as np
import torch

OUT = os.path.join(os.path.dirname(__file__), 'data', 'models.pt')
# The matte network SINet was trained on pictures that were divided by their deviation and also by 255. Larger values would exceed the precision of float32.
NETWORKS = {
    'facedetect_rfb320.onnx': (1.0, (1, 3, 240, 320)),
    'landmarks68_pfld.onnx': (1.0, (1, 3, 112, 112)),
    'portraitseg_sinet.onnx': (2 / 255, (1, 3, 320, 320)),
    'portraitseg_deeplab_nchw.pb': (1.0, (1, 513, 513, 3)),
}


def uniform(name, n):
    seed = np.uint32(2166136261)
    with np.errstate(over='ignore'):
        for c in name.encode(): seed = (seed ^ np.uint32(c)) * np.uint32(16777619)
        x = seed + np.arange(n, dtype=np.uint32) * np.uint32(0x9E3779B9)
        x = (x ^ x >> np.uint32(16)) * np.uint32(0x7FEB352D)
        x = (x ^ x >> np.uint32(15)) * np.uint32(0x846CA68B)
    return (x ^ x >> np.uint32(16)) / 4294967296.0


def by_onnxruntime(path, x):
    import onnxruntime
    onnxruntime.set_default_logger_severity(3)
    run = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    return {o.name: v for o, v in zip(run.get_outputs(), run.run(None, {run.get_inputs()[0].name: x}))}


def by_tensorflow(path, x):
    os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
    import tensorflow as tf
    definition = tf.compat.v1.GraphDef()
    with open(path, 'rb') as f: definition.ParseFromString(f.read())
    graph = tf.Graph()
    with graph.as_default(): tf.import_graph_def(definition, name='')
    source = next(n.name for n in definition.node if n.op == 'Placeholder')
    with tf.compat.v1.Session(graph=graph) as session: return {definition.node[-1].name: session.run(definition.node[-1].name + ':0', {source + ':0': x})}


made = {}
for name, (limit, dims) in NETWORKS.items():
    path = os.path.join(sys.argv[1], name)
    x = ((2 * uniform('models.' + name, int(np.prod(dims))) - 1) * limit).astype(np.float32).reshape(dims)
    outputs = (by_onnxruntime if name.endswith('.onnx') else by_tensorflow)(path, x)
    kept = {k: torch.from_numpy(np.ascontiguousarray(v.reshape(-1)[::97 if v.size >= 2000 else 1])) for k, v in outputs.items()}
    made[name] = {'range': limit, 'dims': list(dims), **kept}
    print(name, {k: (tuple(v.shape), float(np.abs(v).max())) for k, v in outputs.items()})
torch.save(made, OUT)
print(f'{os.path.getsize(OUT):,d} bytes')
