# PyTorch reads the checkpoints, and computes the same step, compared element by element.
# shellcheck shell=bash disable=SC2154
if [ -z "$SAN" ] && [ -d ../shared/oracle ] && python3 -c 'import torch, PIL' 2>/dev/null; then
    . tests/cli/train.bash
    check 'torch: a run' training "${small[@]}" --run torch --max_steps 2 --ema 0.9
    check 'torch: loads its networks' python3 tests/cli/train_torch.py strict "$(model torch latest)" 4
    sed 's/^/    /' "$logs/out"
    check 'torch: makes a step' python3 tests/cli/train_torch.py prepare "$W"
    check 'torch: the same step' training --dataset ./dataset --ch 8 --img_size 128 --augment false --pretrained_weights start.pt --run step --max_steps 1
    check 'torch: the same networks' python3 tests/cli/train_torch.py compare "$W" "$runs/step/model/dataset_params_0000001.pt"
    sed 's/^/    /' "$logs/out"
    rm -rf "$W"/{dataset,experiment,start.pt,torch.pt}
elif [ -n "$SAN" ]; then skip 'a training step against PyTorch (sanitizers are slow)'
else skip 'a training step against PyTorch (needs ../shared and python3 with torch and Pillow)'; fi
