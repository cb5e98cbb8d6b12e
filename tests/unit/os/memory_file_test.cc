// SPDX-License-Identifier: Apache-2.0
#include "os/memory_file.hh"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/error.hh"

namespace nsrun::os {
namespace {

TEST(MemoryFile, HoldsWhatWasWritten) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{1} << 20}) {
    std::vector<std::byte> bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i % 251);
    const base::Fd file = make_memory_file("test", bytes);
    EXPECT_EQ(::fcntl(file.number(), F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(read_memory_file(file), bytes);
    EXPECT_EQ(read_memory_file(file), bytes) << "the second time";
  }
}

TEST(MemoryFile, WhatCannotBeReadIsAnError) {
  EXPECT_THROW(read_memory_file(base::FdView()), base::SystemError);
}

}  // namespace
}  // namespace nsrun::os
