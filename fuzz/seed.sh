#!/bin/sh
# Copies the files of the fixtures into the corpora of the targets that read them.
set -eu
cd "$(dirname "$0")"
fixtures=../fixtures
for target in keras h5 weights_h5 safetensors json; do mkdir -p "corpus/$target"; done
cp "$fixtures"/files/*.keras "$fixtures"/hostile/*.keras corpus/keras/
cp "$fixtures"/files/*.json corpus/json/
for file in "$fixtures"/files/*.h5 "$fixtures"/hostile/*.h5; do
    case "$file" in
        *.weights.h5) cp "$file" corpus/weights_h5/ ;;
        *) cp "$file" corpus/h5/ ;;
    esac
done
# A small model in the metadata, as Gatewise writes it.
python3 - corpus/safetensors/dense.safetensors <<'END'
import json, struct, sys
config = {"name": "s", "layers": [
    {"class_name": "InputLayer", "config": {"batch_shape": [None, 2], "name": "x"}},
    {"class_name": "Dense", "config": {"name": "d", "units": 1}}]}
header = {"__metadata__": {"format": "gatewise", "version": "1", "model": json.dumps(config)},
          "d/kernel": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
          "d/bias": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}}
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
open(sys.argv[1], "wb").write(struct.pack("<Q", len(text)) + text + struct.pack("<3f", 1, 2, 3))
END
