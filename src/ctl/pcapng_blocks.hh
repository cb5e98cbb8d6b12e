// SPDX-License-Identifier: Apache-2.0
//
// The blocks of a pcapng stream in this machine's byte order, whatever pieces it comes in. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hh"

namespace nsrun::ctl {

class PcapngBlocks {
 public:
  struct Block {
    uint32_t type = 0;
    base::Bytes bytes;  // all of it; valid until the next call
  };

  void add(base::Bytes bytes);
  // Nothing: more bytes are needed. Throws base::Failure for what cannot be a block.
  std::optional<Block> next();

 private:
  std::vector<std::byte> buffer_;
  size_t first_ = 0;  // of what has not been given out
};

}  // namespace nsrun::ctl
