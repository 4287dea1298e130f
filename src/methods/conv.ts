// Methods of convolutions and pooling.

export const convMethods = {};
