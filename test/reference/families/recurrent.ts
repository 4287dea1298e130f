// Reference rows of recurrent layers.
import type { ReferenceFamily } from "../row.js";

export const recurrent: ReferenceFamily = {
  fixtures: [],
  rows: {},
  // Several results: test/reference/recurrent.test.ts.
  elsewhere: ["GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "RNNCell"],
};
