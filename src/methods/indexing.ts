// Methods of indexing, gathering, scattering, counting.
import { at, take, takeAlongDim } from "../ops/at.js";
import {
  maskedFill,
  maskedFill_,
  maskedScatter,
  maskedScatter_,
  maskedSelect,
} from "../ops/masked.js";
import { argwhere, isin, nonzero } from "../ops/nonzero.js";
import {
  indexAdd,
  indexAdd_,
  indexCopy,
  indexCopy_,
  indexFill,
  indexFill_,
  indexPut,
  indexPut_,
  selectScatter,
  setAt,
  sliceScatter,
} from "../ops/put.js";
import { scatter, scatter_, scatterAdd, scatterAdd_, scatterReduce } from "../ops/scatter.js";

export const indexingMethods = {
  ...{ at, take, takeAlongDim, setAt, indexPut, indexPut_, selectScatter, sliceScatter },
  ...{ indexAdd, indexAdd_, indexCopy, indexCopy_, indexFill, indexFill_ },
  ...{ scatter, scatter_, scatterAdd, scatterAdd_, scatterReduce },
  ...{ maskedFill, maskedFill_, maskedScatter, maskedScatter_, maskedSelect },
  ...{ argwhere, isin, nonzero },
};
