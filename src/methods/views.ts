// Methods of creation, views and movement, random numbers.

export const viewsMethods = {};
