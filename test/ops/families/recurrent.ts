// The tests' rows of recurrent layers. Their errors and gradients: test/nn/recurrent.test.ts.
import * as sg from "../../../src/index.js";
import type { Family } from "../case.js";
import { any } from "../inputs.js";
import { layer } from "../layer.js";

const { nn } = sg;

export const recurrent: Family = {
  layers: {
    GRU: layer(() => new nn.GRU(3, 5, { bidirectional: true }), any(4, 2, 3)),
    GRUCell: layer(() => new nn.GRUCell(3, 5), any(2, 3)),
    LSTM: layer(() => new nn.LSTM(3, 5, { numLayers: 2 }), any(4, 2, 3)),
    LSTMCell: layer(() => new nn.LSTMCell(3, 5), any(2, 3)),
    RNN: layer(() => new nn.RNN(3, 5), any(4, 2, 3)),
    RNNCell: layer(() => new nn.RNNCell(3, 5), any(2, 3)),
  },
};
