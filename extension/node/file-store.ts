import type { Files } from '../core/ports.ts';

const inTheMaking = () => {
  throw new Error('in the making');
};

export const fileStore: Files = {
  read: inTheMaking,
  writeAtomic: inTheMaking,
  list: inTheMaking,
  exists: inTheMaking,
  remove: inTheMaking,
  resolve: inTheMaking,
};
