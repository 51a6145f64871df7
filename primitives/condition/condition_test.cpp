#include "primitives/test_support.hpp"
