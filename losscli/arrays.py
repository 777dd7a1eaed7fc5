"""The types of arrays that all folders share: floats, whole numbers such as rows and codes, and flags."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]
