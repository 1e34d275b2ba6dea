"""The cartoon that onnxruntime makes with an exported generator, beside p2c-infer's: export.py MODEL.onnx PREPARED.png CARTOON.png

Exit status 1 when a value of 255 differs by more than 1. Other outputs (cam, heatmap) must be finite."""
import sys

import numpy as np
import onnxruntime
from PIL import Image

model, prepared, cartoon = sys.argv[1:]
session = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
side = session.get_inputs()[0].shape[2]
picture = np.asarray(Image.open(prepared).convert('RGB'), np.float32)
assert picture.shape[:2] == (side, side)
outputs = session.run(None, {session.get_inputs()[0].name: (picture / 127.5 - 1).transpose(2, 0, 1)[None]})
names = [o.name for o in session.get_outputs()]
theirs = np.clip((outputs[names.index('cartoon')][0].transpose(1, 2, 0) + 1) * 127.5, 0, 255).astype(np.uint8).astype(int)
ours = np.asarray(Image.open(cartoon).convert('RGB')).astype(int)
worst = abs(theirs - ours).max()
print(f'{model.split("/")[-1]}: outputs {", ".join(names)}; the cartoon differs by at most {worst} of 255, at {(theirs != ours).mean():.4%} of its values')
sys.exit(worst > 1 or not all(np.isfinite(o).all() for o in outputs))
