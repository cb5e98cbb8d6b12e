// SPDX-License-Identifier: Apache-2.0
#include "launcher/join_target.hh"

#include <gtest/gtest.h>

namespace nsrun::launcher {
namespace {

TEST(JoinTarget, AWordIsAProcessAPathOrAName) {
  struct Case {
    const char* word;
    const char* path;
    std::optional<pid_t> process;
  };
  for (const Case& each :
       {Case{"4711", "/proc/4711/ns/net", 4711},
        Case{"/proc/4711/ns/net", "/proc/4711/ns/net", 4711},
        Case{"/proc/self/ns/net", "/proc/self/ns/net", {}},
        Case{"/proc/ns/net", "/proc/ns/net", {}}, Case{"blue", "/run/netns/blue", {}},
        Case{"47x", "/run/netns/47x", {}}, Case{"0", "/run/netns/0", {}},
        Case{"-1", "/run/netns/-1", {}}, Case{"99999999999", "/run/netns/99999999999", {}},
        Case{"./47", "./47", {}}, Case{"/run/user/1/netns/x", "/run/user/1/netns/x", {}}}) {
    const NamedNamespace named = parse_namespace(each.word);
    EXPECT_EQ(named.path, each.path) << each.word;
    EXPECT_EQ(named.process, each.process) << each.word;
  }
}

}  // namespace
}  // namespace nsrun::launcher
