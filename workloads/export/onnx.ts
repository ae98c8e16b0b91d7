// Writing ONNX files lies beside reading them.

export { writeOnnx } from '../formats/onnx/write.js';
export { canBatch } from '../formats/onnx/write-batches.js';
