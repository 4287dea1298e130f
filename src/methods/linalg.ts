// Methods of linear algebra.

export const linalgMethods = {};
