// Methods of indexing, gathering, scattering, counting.

export const indexingMethods = {};
