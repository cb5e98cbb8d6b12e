// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what launcher and helper say to each other: what is understood is what its sender
// would have sent.
#include "nsrun/handshake.hh"

#include <algorithm>

#include "bytes.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nsrun;
  const base::Bytes message = fuzz::as_bytes(data, size);
  const auto hello = decode_hello(message);
  if (hello) NSRUN_CHECK(std::ranges::equal(encode(*hello), message));
  const auto answer = decode_answer(message);
  // encode() cuts a reason that is too long.
  if (answer && size < 4096) NSRUN_CHECK(std::ranges::equal(encode(*answer), message));
  NSRUN_CHECK(!hello || !answer);
  return 0;
}
