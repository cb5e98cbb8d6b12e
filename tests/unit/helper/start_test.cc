// SPDX-License-Identifier: Apache-2.0
//
// The whole life of a helper, in a child of the test.
#include "helper/start.hh"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "guest_fixture.hh"
#include "helper/target_tap.hh"
#include "nsrun/handshake.hh"
#include "os/fd_passing.hh"
#include "os/memory_file.hh"
#include "support/temporary_folder.hh"

namespace nsrun::helper {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    read_end = base::Fd(ends[0]);
    write_end = base::Fd(ends[1]);
  }
  base::Fd read_end;
  base::Fd write_end;
};

// A TCP port of the host that is in use.
struct TakenPort {
  TakenPort() {
    EXPECT_EQ(listen(socket.number(), 1), 0);
    sockaddr_in address{};
    socklen_t length = sizeof address;
    getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &length);
    number = std::to_string(ntohs(address.sin_port));
  }
  base::Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::string number;
};

std::string free_port() { return TakenPort().number; }

class StartTest : public GuestTest {
 protected:
  void start() {
    ready_.emplace();  // not earlier: the guest would hold them open
    exit_.emplace();
    options_.ready_fd = ready_->write_end.number();
    options_.exit_fd = exit_->read_end.number();
    helper_.emplace(os::Child::start([this] { return run_quietly(); }));
    ready_->write_end.close();
    exit_->read_end.close();
  }
  int run_quietly() {
    try {
      return run(options_);
    } catch (const std::exception&) {
      return 1;
    }
  }
  // All that the helper says on the ready descriptor.
  std::string readiness() {
    std::string text;
    char byte;
    while (read(ready_->read_end.number(), &byte, 1) == 1) text += byte;
    return text;
  }
  int status() {
    const auto ending = helper_->wait_until(base::now() + 20s);
    return ending ? ending->status() : -1;
  }
  std::string ask(const std::string& request) {
    const base::Fd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, options_.api_socket.c_str(), sizeof address.sun_path - 1);
    if (connect(client.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        send(client.number(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
      return base::error_text(errno);
    }
    std::array<char, 4096> answer;
    const ssize_t count = recv(client.number(), answer.data(), answer.size(), 0);
    return std::string(answer.data(), count > 0 ? static_cast<size_t>(count) : 0);
  }

  test::TemporaryFolder folder_;
  std::optional<Pipe> ready_;
  std::optional<Pipe> exit_;
  std::optional<os::Child> helper_;
};

TEST_F(StartTest, ReadyMeansThatTheApiAnswersAndEveryThreadIsLockedDown) {
  options_.configure = true;
  options_.api_socket = folder_ / "api.sock";
  start();
  ASSERT_EQ(readiness(), "1");
  EXPECT_EQ(ask(R"({"execute":"list_hostfwd"})"), "{\"entries\":[],\"return\":{\"entries\":[]}}\n");
  size_t threads = 0;
  for (const auto& task :
       fs::directory_iterator("/proc/" + std::to_string(helper_->pid()) + "/task")) {
    ++threads;
    std::ifstream file(task.path() / "status");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_NE(text.find("NoNewPrivs:\t1"), std::string::npos);
    EXPECT_TRUE(text.find("CapEff:\t0000000000000000") != std::string::npos ||
                text.find("CapEff:\t0000000000000400") != std::string::npos);
  }
  EXPECT_EQ(threads, 2u);
  exit_->write_end.close();
  EXPECT_EQ(status(), 0);
  EXPECT_FALSE(fs::exists(options_.api_socket));
}

TEST_F(StartTest, ForwardsComeAndGoWhileItRuns) {
  options_.api_socket = folder_ / "api.sock";
  start();
  ASSERT_EQ(readiness(), "1");  // and the guest has no address yet
  const TakenPort port;
  const std::string add = R"({"execute":"add_hostfwd","arguments":{"proto":"tcp","host_port":)" +
                          port.number + R"(,"guest_port":80}})";
  EXPECT_NE(ask(add).find("slirp_add_hostfwd failed\",\"reason\":"), std::string::npos);
  const std::string udp = R"({"execute":"add_hostfwd","arguments":{"proto":"udp","host_port":)" +
                          port.number + R"(,"guest_port":80}})";
  const std::string remove = R"({"execute":"remove_hostfwd","arguments":{"id":1}})";
  EXPECT_EQ(ask(udp), "{\"return\":{\"id\":1}}\n");
  EXPECT_EQ(ask(remove), "{\"return\":{}}\n");
  EXPECT_EQ(ask(remove),
            "{\"error\":{\"desc\":\"bad request: remove_hostfwd: bad arguments.id\"}}\n");
  EXPECT_EQ(ask(udp), "{\"return\":{\"id\":2}}\n");
  os::send_signal(helper_->pidfd(), SIGTERM);
  EXPECT_EQ(status(), 0);
}

TEST_F(StartTest, ItEndsWithTheTargetProcess) {
  start();
  ASSERT_EQ(readiness(), "1");
  os::send_signal(guest_->pidfd(), SIGKILL);
  EXPECT_EQ(status(), 0);
}

TEST_F(StartTest, AFailureIsNotReady) {
  options_.api_socket = "/none/api.sock";
  start();
  EXPECT_EQ(readiness(), "");
  EXPECT_EQ(status(), 1);
}

TEST_F(StartTest, TheLauncherIsToldAndItsEndIsTheHelpersEnd) {
  auto [launcher, ours] = os::make_seqpacket_pair();
  const os::Tap tap = open_target_tap(options_);
  options_.target = TargetLauncher{ours.number()};
  start();
  ours.close();
  const base::FdView passed[] = {tap.fd};
  os::send_message(launcher, encode(Hello{}), passed);
  const auto said = decode_helper_message(os::receive_message(launcher)->bytes);
  const Answer* answer = &std::get<Answer>(*said);
  EXPECT_TRUE(answer->is_ready) << answer->reason;
  launcher.close();
  EXPECT_EQ(status(), 0);
}

TEST_F(StartTest, TheLauncherIsToldWhatCannotBePublished) {
  const TakenPort port;
  options_.publish = {*rules::parse_port_rule(port.number + ":80")};
  auto [launcher, ours] = os::make_seqpacket_pair();
  const os::Tap tap = open_target_tap(options_);
  options_.target = TargetLauncher{ours.number()};
  start();
  ours.close();
  const base::FdView passed[] = {tap.fd};
  os::send_message(launcher, encode(Hello{}), passed);
  const auto said = decode_helper_message(os::receive_message(launcher)->bytes);
  const Answer& answer = std::get<Answer>(*said);
  EXPECT_FALSE(answer.is_ready);
  EXPECT_TRUE(answer.reason.starts_with("cannot publish ")) << answer.reason;
  EXPECT_NE(answer.reason.find("Address already in use"), std::string::npos) << answer.reason;
  EXPECT_EQ(status(), 1);
}

TEST_F(StartTest, ALauncherIsToldOfEachPublishedPortBeforeReady) {
  const std::string port = free_port();
  options_.publish = {*rules::parse_port_rule("127.0.0.1:" + port + ":80")};
  auto [launcher, ours] = os::make_seqpacket_pair();
  const os::Tap tap = open_target_tap(options_);
  options_.target = TargetLauncher{ours.number()};
  start();
  ours.close();
  const base::FdView passed[] = {tap.fd};
  os::send_message(launcher, encode(Hello{}), passed);
  const auto first = decode_helper_message(os::receive_message(launcher)->bytes);
  EXPECT_EQ(std::get<ForwardAdded>(*first).id, 1);
  EXPECT_EQ(std::get<ForwardAdded>(*first).forward, options_.publish[0].expand(false)[0]);
  const auto second = decode_helper_message(os::receive_message(launcher)->bytes);
  EXPECT_TRUE(std::get<Answer>(*second).is_ready);
}

TEST_F(StartTest, ForwardsOfADeadHelperComeBackButThoseWhosePortIsTakenAreTold) {
  const TakenPort taken;
  const std::string free = free_port();
  // The list counts, and not the command line: this one was removed at run time.
  options_.publish = {*rules::parse_port_rule("127.0.0.1:" + taken.number + ":80")};
  options_.api_socket = folder_ / "api";
  KnownForwards inherited;
  inherited.apply(
      ForwardAdded{2, rules::parse_port_rule("127.0.0.1:" + free + ":80")->expand(false)[0]});
  inherited.apply(ForwardAdded{3, rules::parse_port_rule(taken.number + ":80")->expand(false)[0]});
  inherited.apply(ForwardAdded{4, inherited.by_id().at(2).forward});
  inherited.apply(ForwardRemoved{4});
  const base::Fd list = os::make_memory_file("forwards", encode(inherited));
  auto [launcher, ours] = os::make_seqpacket_pair();
  const os::Tap tap = open_target_tap(options_);
  options_.target = TargetLauncher{ours.number()};
  start();
  ours.close();
  const base::FdView passed[] = {tap.fd, list};
  os::send_message(launcher, encode(Hello{}), passed);
  const auto first = decode_helper_message(os::receive_message(launcher)->bytes);
  EXPECT_EQ(std::get<ForwardRemoved>(*first).id, 3);
  const auto second = decode_helper_message(os::receive_message(launcher)->bytes);
  EXPECT_TRUE(std::get<Answer>(*second).is_ready);
  const std::string listed = ask(R"({"execute":"list_hostfwd"})");
  EXPECT_NE(listed.find("\"id\":2"), std::string::npos) << listed;
  EXPECT_EQ(listed.find("\"id\":3"), std::string::npos) << listed;
  const std::string added = ask(
      R"({"execute":"add_hostfwd","arguments":{"proto":"udp","host_addr":"127.0.0.1","host_port":)" +
      free + R"(,"guest_port":80}})");
  EXPECT_NE(added.find("\"id\":5"), std::string::npos) << added;
  const auto third = decode_helper_message(os::receive_message(launcher)->bytes);
  EXPECT_EQ(std::get<ForwardAdded>(*third).id, 5);
}

}  // namespace
}  // namespace nsrun::helper
