// SPDX-License-Identifier: Apache-2.0
//
// The smaller doors: namespaces, sysctls, signals, mounts.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/error.hh"
#include "in_namespaces.hh"
#include "os/mount.hh"
#include "os/namespace.hh"
#include "os/signals.hh"
#include "os/sysctl.hh"

namespace nsrun::os {
namespace {

TEST(Namespace, PathsAreThoseOfProc) {
  EXPECT_EQ(namespace_path(17, NamespaceKind::kNetwork), "/proc/17/ns/net");
  EXPECT_EQ(namespace_path(17, NamespaceKind::kMount), "/proc/17/ns/mnt");
}

TEST(Namespace, EnteringOnesOwnIsNoError) {
  const base::Fd own = open_namespace("/proc/self/ns/user");
  EXPECT_NO_THROW(enter_namespace(own, NamespaceKind::kUser));
}

TEST(Namespace, AMissingOneIsNamed) {
  try {
    open_namespace("/proc/self/ns/nosuch");
    FAIL();
  } catch (const base::SystemError& error) {
    EXPECT_STREQ(error.what(),
                 "open the namespace /proc/self/ns/nosuch: No such file or directory");
  }
}

TEST(Namespace, AChildsNamespacesCanBeJoined) {
  NSRUN_NEEDS_USER_NAMESPACES();
  const Child guest = Child::start([] { return ::pause(); }, kUserAndNetwork);
  const base::Fd user = open_namespace(namespace_path(guest.pid(), NamespaceKind::kUser));
  const base::Fd network = open_namespace(namespace_path(guest.pid(), NamespaceKind::kNetwork));
  EXPECT_EQ(in_namespaces(0,
                          [&]() -> std::string {
                            enter_user_and_network(user, network);
                            write_sysctl("net/ipv4/ip_default_ttl", "99");
                            return *read_sysctl("net/ipv4/ip_default_ttl") == "99" ? ""
                                                                                   : "not ours";
                          }),
            "");
}

TEST(Sysctl, AMissingOneHasNoValue) { EXPECT_FALSE(read_sysctl("net/nosuch").has_value()); }

TEST(Sysctl, AFailedWriteSaysWhat) {
  try {
    write_sysctl("net/nosuch", "1");
    FAIL();
  } catch (const base::SystemError& error) {
    EXPECT_STREQ(error.what(), "set net/nosuch to 1: No such file or directory");
  }
}

TEST(SignalQueue, ASignalIsReadAndTheMaskReturns) {
  sigset_t before;
  sigset_t after;
  ::sigprocmask(SIG_SETMASK, nullptr, &before);
  {
    SignalQueue queue(std::array{SIGUSR1});
    EXPECT_FALSE(queue.next().has_value());
    ::kill(::getpid(), SIGUSR1);
    const auto info = queue.next();
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->ssi_signo, static_cast<uint32_t>(SIGUSR1));
    EXPECT_EQ(info->ssi_code, SI_USER);
  }
  ::sigprocmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(::sigismember(&before, SIGUSR1), ::sigismember(&after, SIGUSR1));
}

TEST(MountPoints, OnlyThoseBelowTheDirectory) {
  const auto found = mount_points_below("/etc",
                                        "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                                        "22 21 8:1 /x /etc/hosts rw - ext4 /dev/sda1 rw\n"
                                        "23 21 8:1 /y /etc rw - ext4 /dev/sda1 rw\n"
                                        "24 21 8:1 /z /etcetera rw - ext4 /dev/sda1 rw\n"
                                        "25 21 8:1 /z /etc/with\\040blank rw - tmpfs tmpfs rw");
  EXPECT_EQ(found, (std::vector<std::string>{"/etc/hosts", "/etc/with blank"}));
}

TEST(Mount, NothingShowsOutside) {
  NSRUN_NEEDS_USER_NAMESPACES();
  EXPECT_EQ(in_namespaces(CLONE_NEWUSER | CLONE_NEWNS,
                          []() -> std::string {
                            stop_mounts_from_leaving();
                            mount_file_system({.type = "tmpfs", .target = "/tmp"});
                            const base::Fd copy = copy_mounts("/tmp");
                            attach_mounts(copy, "/mnt");
                            unmount("/tmp");
                            return "";
                          }),
            "");
}

TEST(Mount, AFailureSaysWhat) {
  NSRUN_NEEDS_USER_NAMESPACES();
  EXPECT_EQ(in_namespaces(CLONE_NEWUSER | CLONE_NEWNS,
                          []() -> std::string {
                            mount_file_system({.type = "tmpfs", .target = "/nosuch"});
                            return "mounted";
                          }),
            "mount tmpfs at /nosuch: No such file or directory");
}

}  // namespace
}  // namespace nsrun::os
