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
# Any file with a safe header serves; the target soon makes others of it.
cp "$fixtures"/lstm.safetensors corpus/safetensors/
