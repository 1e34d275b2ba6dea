# A training that is asked to stop, once and twice.
# shellcheck shell=bash disable=SC2154
. tests/cli/train.bash
check 'signals: in one go' training "${small[@]}" --run whole --max_steps 60 --save_freq 1 --keep 0
