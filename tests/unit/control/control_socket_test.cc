// SPDX-License-Identifier: Apache-2.0
#include "control/control_socket.hh"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.hh"

namespace nsrun::control {
namespace {

// Other tests of the same user may run beside this one.
std::string own_name(const char* suffix) { return fmt::format("test-{}-{}", getpid(), suffix); }

TEST(ControlSocket, ANameIsTakenOnceAndFreeAfterwards) {
  const std::string name = own_name("once");
  {
    const ControlSocket first(name);
    EXPECT_EQ(first.instance_name(), name);
    EXPECT_THROW(ControlSocket{name}, base::Failure);
  }
  EXPECT_NO_THROW(ControlSocket{name});
}

TEST(ControlSocket, AFreeNameIsFound) {
  const auto first = ControlSocket::with_free_name(getpid());
  const auto second = ControlSocket::with_free_name(getpid());
  EXPECT_EQ(first.instance_name(), fmt::format("run-{}", getpid()));
  EXPECT_EQ(second.instance_name(), fmt::format("run-{}-2", getpid()));
}

}  // namespace
}  // namespace nsrun::control
