// Methods of attention and Transformers.

export const attentionMethods = {};
