// SPDX-License-Identifier: Apache-2.0
#include "os/answer_from_child.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "base/error.hh"
#include "os/namespace.hh"
#include "os/process.hh"
#include "unit/os/in_namespaces.hh"

namespace nsrun::os {
namespace {

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Failure& failure) {
    return failure.what();
  }
  return "(none)";
}

TEST(AnswerFromChild, BytesAndDescriptorsComeBack) {
  const pid_t here = ::getpid();
  const Message answer = answer_from_child([&](base::Fd&) {
    Message message{{std::byte{7}, std::byte{0}}, {}};
    message.fds.push_back(open_namespace("/proc/self/ns/net"));
    if (::getpid() == here) message.bytes.clear();
    return message;
  });
  EXPECT_EQ(answer.bytes, (std::vector<std::byte>{std::byte{7}, std::byte{0}}));
  ASSERT_EQ(answer.fds.size(), 1U);
  EXPECT_TRUE(is_namespace(answer.fds.front(), NamespaceKind::kNetwork));
  EXPECT_FALSE(is_namespace(answer.fds.front(), NamespaceKind::kUser));
}

TEST(AnswerFromChild, ItsErrorIsToldAndItsDeath) {
  EXPECT_EQ(failure_of([] {
              answer_from_child([](base::Fd&) -> Message { base::throw_errno("try", EACCES); });
            }),
            "try: Permission denied");
  EXPECT_EQ(failure_of([] {
              answer_from_child([](base::Fd&) -> Message {
                ::raise(SIGKILL);
                return {};
              });
            }),
            "a process in other namespaces ended unexpectedly");
}

TEST(StartElsewhere, TheChildIsOursAndBelowWhatWasEntered) {
  NSRUN_NEEDS_USER_NAMESPACES();
  auto [ours, theirs] = make_seqpacket_pair();
  Child holder = Child::start(
      [&, &end = theirs] {
        end.close();
        return ::pause();
      },
      kUserAndNetwork);
  const base::Fd user = open_namespace(namespace_path(holder.pid(), NamespaceKind::kUser));
  const base::Fd network = open_namespace(namespace_path(holder.pid(), NamespaceKind::kNetwork));
  EXPECT_EQ(maker_of_namespace(user), ::geteuid());
  pid_t finished = -1;
  Child child = Child::start_elsewhere([&] { enter_user_and_network(user, network); },
                                       [&, &end = theirs, &other = ours] {
                                         other.close();
                                         const bool is_there =
                                             is_own_namespace(network, NamespaceKind::kNetwork);
                                         send_message(end, base::bytes_of(is_there));
                                         return 42;
                                       },
                                       CLONE_NEWPID, [&](pid_t pid) { finished = pid; });
  theirs.close();
  const auto told = receive_message(ours);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->bytes.front(), std::byte{1});
  EXPECT_EQ(child.wait().exit_code, 42);
  EXPECT_EQ(finished, -1);  // in the process between
}

TEST(StartElsewhere, WhatCannotBeEnteredIsTold) {
  EXPECT_EQ(failure_of([] {
              Child::start_elsewhere([] { throw base::Failure("closed"); }, [] { return 0; }, 0,
                                     [](pid_t) {});
            }),
            "closed");
}

}  // namespace
}  // namespace nsrun::os
