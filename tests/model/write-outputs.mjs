// SPDX-License-Identifier: LGPL-2.1-or-later
// usage: node write-outputs.mjs FOLDER ...
// Writes test_output_0.npy ... beside each FOLDER/model.onnx and FOLDER/test_input.npy: what ONNX Runtime
// (the npm package onnxruntime-node, found by NODE_PATH) makes of them, without its graph optimisations.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ort = createRequire(import.meta.url)('onnxruntime-node');

function readArray(path) {
  const bytes = readFileSync(path);
  const length = bytes.readUInt16LE(8);
  const shape = /'shape': \(([^)]*)\)/.exec(bytes.toString('latin1', 10, 10 + length))[1];
  const data = new Float32Array(new Uint8Array(bytes.subarray(10 + length)).buffer);
  return new ort.Tensor('float32', data, shape.split(',').filter((n) => n.trim()).map(Number));
}

function writeArray(path, tensor) {
  const shape = tensor.dims.length === 1 ? `${tensor.dims[0]},` : tensor.dims.join(', ');
  let header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`;
  header = header.padEnd(Math.ceil((10 + header.length + 1) / 64) * 64 - 11) + '\n';
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  const values = Float32Array.from(tensor.data, Number);
  writeFileSync(path, Buffer.concat([start, Buffer.from(header), Buffer.from(values.buffer)]));
}

for (const folder of process.argv.slice(2)) {
  try {
    const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), { graphOptimizationLevel: 'disabled' });
    const input = readArray(join(folder, 'test_input.npy'));
    const results = await session.run({ [session.inputNames[0]]: input });
    session.outputNames.forEach((name, i) => writeArray(join(folder, `test_output_${i}.npy`), results[name]));
  } catch (error) {
    console.error(`${folder}: ${error.message}`);
    process.exitCode = 1;
  }
}
