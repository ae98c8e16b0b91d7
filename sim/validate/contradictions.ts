// Lists where published figures contradict each other, and which of them is used. Computed from the
// papers' tables.

export const contradictions: readonly string[] = [
  "EIE's Figure 6 prints speed-ups of 63 (NT-We) and 60 (NT-LSTM), geometric mean 189; Table IV's times give 75.6 and 62.7, mean 193.9 (GPU 13.2, mobile GPU 314 against 13 and 307). The headline uses the figure; the model is compared with both.",
  "Figure 7 uses Figure 6's times for these two layers. With Table IV's times, its labels would give the CPU 75 W on NT-We and with it Tegra K1 4.3 W (5.1 to 5.4 W on the six layers of Deep Compression's Table 9) and CSR on the CPU 29 W (36 to 42 W); with Figure 6's times they give 90, 5.2 and 35 W. The paper's own baselines are read in this way.",
  "EIE's abstract says 600 mW, its text and Table V 590 mW, its related work 0.58 W; Figure 7 can be reproduced only with 0.600 W. The model is compared with 0.59 W; the paper's own baselines use 0.600 W.",
  "18,800 frames/s on AlexNet's layers are 53.2 µs; the actual times of Table IV add up to 52.4 µs.",
  "Section VIII says that 256 PEs have 3.25 times the throughput of 64; Table V's ratio is 5.2, of which 1.5 is the clock.",
  "Table V's 2.36 W for 256 PEs at 28 nm are 4 × 0.59 W: power is not scaled with the process, but area is.",
  "Pointers are 16 bits (65,536 entries), but a PE's 128 KB hold 131,072 entries of 8 bits; and 32 KB hold 16,384 pointers where VGG-6 alone needs 25,089. The model lets pointers that do not fit use free sparse-matrix memory.",
  "Padding entries start after 15 zeros in Section III-B (with an example), and after 16 in Section VII-B. The model follows the example and the authors' simulator.",
  "A DRAM read costs 120 times as much as an SRAM read in the text, and 128 times in Table I's caption.",
  "Table III prints 10 % weights, 100 % activations and 11 % operations for NT-LSTM, rounded to whole percents. Table IV's theoretical times imply 10.8 % weights for NT-We, printed as 10 % there and 11 % in the text.",
  'Equal shapes have different times: Alex-7 and VGG-7 (6187 and 5373 µs), and Alex-8 and VGG-8 (1135 and 774 µs), are dense matrices of the same shape on the same CPU. No model that only knows the shape can be closer than half of that difference to both.',
];
