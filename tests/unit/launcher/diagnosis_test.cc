// SPDX-License-Identifier: Apache-2.0
#include "launcher/diagnosis.hh"

#include <gtest/gtest.h>

#include <cerrno>

namespace nsrun::launcher {
namespace {

TEST(Diagnosis, UnprivilegedNamespacesOffNamesTheSysctl) {
  EXPECT_EQ(explain("cannot create a user and network namespace: Operation not permitted",
                    Step::kMakeNamespaces, EPERM, HostFacts{.unprivileged_userns_clone = "0"}),
            "cannot create a user and network namespace: Operation not permitted (user namespaces "
            "are off for unprivileged users; \"sysctl -w kernel.unprivileged_userns_clone=1\" by "
            "root turns them on)");
}

TEST(Diagnosis, AppArmorIsNamedAtBothSteps) {
  const HostFacts ubuntu{.apparmor_restriction = "1"};
  for (const Step step : {Step::kMakeNamespaces, Step::kSetUp}) {
    for (const int error_number : {EPERM, EACCES}) {
      const std::string mend = mend_for(step, error_number, ubuntu);
      EXPECT_NE(mend.find("kernel.apparmor_restrict_unprivileged_userns=0"), std::string::npos);
      EXPECT_NE(mend.find("apparmor_parser -r /etc/apparmor.d/netns-run"), std::string::npos);
    }
  }
}

TEST(Diagnosis, WithoutAKnownCauseAContainerIsSupposed) {
  const std::string mend = mend_for(Step::kMakeNamespaces, EPERM, HostFacts{});
  EXPECT_NE(mend.find("seccomp=unconfined"), std::string::npos);
}

TEST(Diagnosis, ALimitOfZeroIsNamed) {
  EXPECT_EQ(mend_for(Step::kMakeNamespaces, ENOSPC, HostFacts{.max_user_namespaces = "0"}),
            "user.max_user_namespaces is 0; \"sysctl -w user.max_user_namespaces=15000\" by root "
            "allows namespaces");
  EXPECT_EQ(mend_for(Step::kMakeNamespaces, ENOSPC,
                     HostFacts{.max_user_namespaces = "100", .max_network_namespaces = "0"}),
            "user.max_net_namespaces is 0; \"sysctl -w user.max_net_namespaces=15000\" by root "
            "allows namespaces");
}

TEST(Diagnosis, AnotherLimitIsDescribed) {
  const std::string mend =
      mend_for(Step::kMakeNamespaces, ENOSPC, HostFacts{.max_user_namespaces = "9"});
  EXPECT_NE(mend.find("user.max_*_namespaces"), std::string::npos);
}

TEST(Diagnosis, ResourcesAreNamedAtEveryStep) {
  for (const Step step : {Step::kMakeNamespaces, Step::kSetUp}) {
    EXPECT_NE(mend_for(step, EMFILE, {}).find("ulimit -n"), std::string::npos);
    EXPECT_NE(mend_for(step, ENFILE, {}).find("fs.file-max"), std::string::npos);
    EXPECT_NE(mend_for(step, EAGAIN, {}).find("ulimit -u"), std::string::npos);
    EXPECT_NE(mend_for(step, ENOMEM, {}).find("memory"), std::string::npos);
  }
}

TEST(Diagnosis, AKernelWithoutNamespacesIsNamed) {
  EXPECT_NE(mend_for(Step::kMakeNamespaces, EINVAL, {}).find("CONFIG_USER_NS"), std::string::npos);
}

TEST(Diagnosis, TheUnknownStaysUnexplained) {
  EXPECT_EQ(explain("something: Input/output error", Step::kSetUp, EIO, {}),
            "something: Input/output error");
  EXPECT_EQ(mend_for(Step::kSetUp, EPERM, {}), "");
}

}  // namespace
}  // namespace nsrun::launcher
