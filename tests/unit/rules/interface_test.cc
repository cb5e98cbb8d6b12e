// SPDX-License-Identifier: Apache-2.0
#include "rules/interface.hh"

#include <gtest/gtest.h>

namespace nsrun::rules {
namespace {

TEST(InterfaceName, IsWhatTheKernelTakes) {
  for (const std::string_view name : {"tap0", "e", "fifteen-letters", "eth0.100", "a@b", "..."}) {
    EXPECT_TRUE(is_interface_name(name)) << name;
  }
  for (const std::string_view name :
       {"", ".", "..", "sixteen-letters-", "a b", "a/b", "a:b", "tap%d", "a\x7f", "t\xc3\xa4p"}) {
    EXPECT_FALSE(is_interface_name(name)) << name;
  }
}

TEST(InterfaceName, IsNoneThatSysctlsHaveTaken) {
  for (const std::string_view name : {"all", "default"}) EXPECT_FALSE(is_interface_name(name));
}

}  // namespace
}  // namespace nsrun::rules
