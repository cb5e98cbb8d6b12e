// SPDX-License-Identifier: Apache-2.0
//
// The server over a real path socket; the test's thread iterates the context and plays the clients.
#include "control/server.hh"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/error.hh"
#include "control/path_socket.hh"
#include "nsrun/api.hh"
#include "recorded_commands.hh"
#include "support/temporary_folder.hh"

namespace nsrun::control {
namespace {

const std::string kList = R"({"execute":"list_hostfwd"})";
const std::string kAdd =
    R"({"execute":"add_hostfwd","arguments":{"proto":"tcp","host_port":8080,"guest_port":80}})";

class ServerTest : public testing::Test {
 protected:
  void start(ServerLimits limits = {}) {
    socket_.emplace(path_);
    server_ = std::make_unique<Server>(context_, socket_->fd(), Clients::kAll, commands_, limits);
  }

  base::Fd connect_client() {
    base::Fd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(client.number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0)
        << base::error_text(errno);
    return client;
  }

  void turn() {
    for (int i = 0; i < 50 && context_.iterate(false); ++i) {
    }
  }

  void say(base::FdView client, std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = send(client.number(), text.data(), text.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN) return;
      if (count > 0) text.remove_prefix(static_cast<size_t>(count));
      turn();
    }
  }

  // Until the server closes; bounded by a number of turns.
  std::string hear_all(base::FdView client) {
    std::string heard;
    std::array<char, 4096> piece;
    for (int i = 0; i < 100'000; ++i) {
      const ssize_t count = recv(client.number(), piece.data(), piece.size(), 0);
      if (count == 0) return heard;
      if (count > 0) heard.append(piece.data(), static_cast<size_t>(count));
      if (count < 0 && errno != EAGAIN) return heard + " " + base::error_text(errno);
      turn();
      if (count < 0) wait_readable(client, 1);
    }
    return heard + " (and the connection stayed open)";
  }

  // One answer; the connection may stay open.
  std::string hear_line(base::FdView client) {
    std::string heard;
    for (int i = 0; i < 10'000 && !heard.ends_with('\n'); ++i) {
      char byte = 0;
      if (recv(client.number(), &byte, 1, 0) == 1) {
        heard += byte;
        continue;
      }
      turn();
      wait_readable(client, 1);
    }
    return heard;
  }

  static bool wait_readable(base::FdView client, int milliseconds) {
    pollfd entry{client.number(), POLLIN, 0};
    return poll(&entry, 1, milliseconds) > 0;
  }

  std::string ask(const std::string& request) {
    const base::Fd client = connect_client();
    say(client, request);
    shutdown(client.number(), SHUT_WR);
    return hear_all(client);
  }

  MainContext context_;
  RecordedCommands commands_;
  test::TemporaryFolder folder_;
  std::string path_ = folder_ / "api.sock";
  std::optional<PathSocket> socket_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersARequestThatEndsWithShutdown) {
  start();
  EXPECT_EQ(ask(kAdd), "{\"return\":{\"id\":1}}\n");
  EXPECT_EQ(commands_.added.size(), 1u);
  EXPECT_EQ(ask(R"({"execute":"remove_hostfwd","arguments":{"id":1}})"), "{\"return\":{}}\n");
  EXPECT_EQ(ask(R"({"execute":"remove_hostfwd","arguments":{"id":99}})"),
            format_error(api::kRemoveBadId));
}

TEST_F(ServerTest, ClientNeedsNotToShutDownItsSide) {
  start();
  const base::Fd client = connect_client();
  say(client, kAdd);  // what "echo -n $json | nc -U" does
  EXPECT_EQ(hear_all(client), "{\"return\":{\"id\":1}}\n");
}

TEST_F(ServerTest, ARequestInSeveralWritesIsOneRequest) {
  start();
  const base::Fd client = connect_client();
  for (const char byte : kAdd) say(client, {&byte, 1});
  EXPECT_EQ(hear_all(client), "{\"return\":{\"id\":1}}\n");
  EXPECT_EQ(commands_.added.size(), 1u);
}

TEST_F(ServerTest, ATrailingNewlineChangesNothing) {
  start();
  EXPECT_EQ(ask(kList + "\n"), format_list({}));
}

TEST_F(ServerTest, RequestsSentTogetherAreAnsweredInOrder) {
  start();
  const base::Fd client = connect_client();
  say(client, kAdd + "\n" + kAdd + "\n" + R"({"execute":"x"})");
  EXPECT_EQ(hear_all(client), "{\"return\":{\"id\":1}}\n{\"return\":{\"id\":2}}\n" +
                                  format_error(api::kUnknownExecute));
}

TEST_F(ServerTest, AClientThatNeverStopsAskingIsEndedInTime) {
  start();
  const base::Fd client = connect_client();
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "{}";
  say(client, many);
  const std::string heard = hear_all(client);
  EXPECT_EQ(heard.size(), 64 * format_error(api::kNoExecute).size());
}

// Without the word nobody can know whether a client waits for the end of the stream, as the callers
// of slirp4netns do, or will ask again: see ClientNeedsNotToShutDownItsSide.
TEST_F(ServerTest, AClientThatAsksForItIsServedOnTheSameConnection) {
  start();
  const base::Fd client = connect_client();
  for (int i = 0; i < 200; ++i) {
    say(client, R"({"execute":"list_hostfwd","keep-alive":true})");
    EXPECT_EQ(hear_line(client), format_list({}));
  }
  say(client, R"({"execute":"x"})");
  EXPECT_EQ(hear_line(client), format_error(api::kUnknownExecute));
  say(client, "no request at all");
  EXPECT_EQ(hear_all(client), format_error(api::kCannotParse));
  EXPECT_EQ(server_->client_count(), 1u);  // until its own end of the stream
  shutdown(client.number(), SHUT_WR);
  turn();
  EXPECT_EQ(server_->client_count(), 0u);
}

TEST_F(ServerTest, AKeptConnectionEndsWithTheClientsStreamOrWhenItIsIdle) {
  start({.clients = 64, .idle_time_out = std::chrono::milliseconds(20)});
  const std::string kept = R"({"execute":"list_hostfwd","keep-alive":true})";
  EXPECT_EQ(ask(kept), format_list({}));
  const base::Fd idle = connect_client();
  say(idle, kept);
  EXPECT_EQ(hear_all(idle), format_list({}));
}

TEST_F(ServerTest, OnlyTrueKeepsAConnection) {
  start();
  for (const char* value : {"false", "1", "\"true\"", "null", "[true]"}) {
    const base::Fd client = connect_client();
    say(client, std::string(R"({"execute":"list_hostfwd","keep-alive":)") + value + "}");
    EXPECT_EQ(hear_all(client), format_list({})) << value;
  }
}

TEST_F(ServerTest, AKeptClientThatNeverStopsAskingIsEndedInTime) {
  start();
  const base::Fd client = connect_client();
  std::string many;
  for (int i = 0; i < 1000; ++i) many += R"({"keep-alive":true})";
  say(client, many);
  EXPECT_EQ(hear_all(client).size(), 64 * format_error(api::kNoExecute).size());
}

TEST_F(ServerTest, AnEmptyRequestGetsAnErrorAnswer) {
  start();
  EXPECT_EQ(ask(""), format_error(api::kCannotParse));
  EXPECT_EQ(ask("\n"), format_error(api::kCannotParse));
}

TEST_F(ServerTest, BadRequestCannotParseJson) {
  start();
  EXPECT_EQ(ask("hello"), format_error(api::kCannotParse));
  EXPECT_EQ(ask("{\"execute\":"), format_error(api::kCannotParse));
  EXPECT_EQ(ask("{]"), format_error(api::kCannotParse));
  std::string deep;
  for (int i = 0; i < 20'000; ++i) deep += "[";
  EXPECT_EQ(ask("{\"a\":" + deep), format_error(api::kCannotParse));
}

TEST_F(ServerTest, BadRequestTooLargeMessage) {
  start();
  EXPECT_EQ(ask("{\"x\":\"" + std::string(1 << 20, 'a') + "\"}"), format_error(api::kTooLarge));
  // slirp4netns refuses 4096 bytes and more; we take them.
  EXPECT_EQ(ask("{\"execute\":\"list_hostfwd\",\"x\":\"" + std::string(60'000, 'a') + "\"}"),
            format_list({}));
}

TEST_F(ServerTest, MissingProtoIsAnErrorAndTheServerGoesOn) {
  start();
  EXPECT_EQ(ask(R"({"execute":"add_hostfwd","arguments":{"host_port":1,"guest_port":1}})"),
            format_error(api::kAddBadProto));
  EXPECT_EQ(ask(kList), format_list({}));
}

TEST_F(ServerTest, AFailedAddSaysSlirp4netnsWordsAndTheReason) {
  start();
  commands_.refusal = "cannot publish 0.0.0.0:8080 (tcp): Address already in use";
  EXPECT_EQ(ask(kAdd), format_error(api::kAddFailed, *commands_.refusal));
}

TEST_F(ServerTest, OneClientsWaitIsNotTheOthers) {
  start();
  const base::Fd silent = connect_client();
  const base::Fd halfway = connect_client();
  say(halfway, kAdd.substr(0, 20));
  commands_.holds_answers = true;
  const base::Fd waiting = connect_client();
  say(waiting, kAdd);
  EXPECT_EQ(ask(kList), format_list({{ForwardEntry{1, commands_.added.at(0)}}}));
  commands_.held.at(0)(7);
  EXPECT_EQ(hear_all(waiting), "{\"return\":{\"id\":7}}\n");
  commands_.holds_answers = false;
  say(halfway, kAdd.substr(20));
  EXPECT_EQ(hear_all(halfway), "{\"return\":{\"id\":2}}\n");
}

TEST_F(ServerTest, AClientMayVanishAtAnyMoment) {
  start();
  connect_client().close();
  {
    const base::Fd client = connect_client();
    say(client, kAdd.substr(0, 20));
  }
  commands_.holds_answers = true;
  {
    const base::Fd client = connect_client();
    say(client, kAdd);
  }
  turn();
  EXPECT_EQ(server_->client_count(), 0u);
  commands_.held.at(0)(1);  // nobody is there to hear it
  turn();
  commands_.holds_answers = false;
  EXPECT_EQ(ask(kAdd), "{\"return\":{\"id\":2}}\n");
}

TEST_F(ServerTest, ASlowReaderBlocksNobody) {
  start();
  for (int i = 0; i < 5000; ++i) commands_.added.push_back({});
  const base::Fd slow = connect_client();
  say(slow, kList);  // about 1 MB of answer, of which the socket takes a part
  turn();
  EXPECT_EQ(ask(R"({"execute":"remove_hostfwd","arguments":{"id":1}})"), "{\"return\":{}}\n");
  const auto list = nlohmann::json::parse(hear_all(slow));
  EXPECT_EQ(list["entries"].size(), 5000u);
}

TEST_F(ServerTest, IdleClientsAreClosed) {
  start({.clients = 64, .idle_time_out = std::chrono::milliseconds(20)});
  const base::Fd silent = connect_client();
  turn();
  EXPECT_EQ(hear_all(silent), "");
}

TEST_F(ServerTest, ClientsAreBoundedAndTheOthersWait) {
  start({.clients = 2});
  base::Fd first = connect_client();
  const base::Fd second = connect_client();
  const base::Fd third = connect_client();
  say(third, kList);
  turn();
  EXPECT_EQ(server_->client_count(), 2u);
  EXPECT_FALSE(wait_readable(third, 0));
  first.close();
  EXPECT_EQ(hear_all(third), format_list({}));
}

// Whoever is silent in all places stalls nobody for long; who has begun to speak keeps its place.
TEST_F(ServerTest, SilentClientsMakeRoomForOthersTheLongestSilentFirst) {
  start({.clients = 3,
         .idle_time_out = std::chrono::hours(1),
         .silence = std::chrono::milliseconds(1)});
  const base::Fd speaking = connect_client();
  say(speaking, kAdd.substr(0, 20));
  const base::Fd first_silent = connect_client();
  const base::Fd silent = connect_client();
  EXPECT_EQ(ask(kList), format_list({}));
  EXPECT_EQ(hear_all(first_silent), "");
  EXPECT_FALSE(wait_readable(silent, 0));
  say(speaking, kAdd.substr(20));
  EXPECT_EQ(hear_all(speaking), "{\"return\":{\"id\":1}}\n");
}

TEST_F(ServerTest, SilentClientsHaveAMomentForTheirFirstWord) {
  start({.clients = 1, .silence = std::chrono::hours(1)});
  const base::Fd slow = connect_client();
  const base::Fd other = connect_client();
  say(other, kList);
  turn();
  say(slow, kList);
  EXPECT_EQ(hear_all(slow), format_list({}));
  EXPECT_EQ(hear_all(other), format_list({}));
}

TEST_F(ServerTest, OurOwnCommandsAreCarriedOut) {
  start();
  using nlohmann::json;
  const json published =
      json::parse(ask(R"({"execute":"publish","arguments":{"rule":"8080:80"}})"));
  EXPECT_EQ(published["return"]["entries"].size(), 2u);
  const json info = json::parse(ask(R"({"execute":"info"})"))["return"];
  EXPECT_EQ(info["name"], "web");
  EXPECT_EQ(info["pid"], 4711);
  EXPECT_EQ(info["started"], 1'700'000'000);
  EXPECT_EQ(info["command"], "sleep 1");
  EXPECT_EQ(info["entries"], published["return"]["entries"]);
  const json ended =
      json::parse(ask(R"({"execute":"unpublish","arguments":{"rules":["8080:80"]}})"));
  EXPECT_EQ(ended, published);
  ASSERT_EQ(commands_.unpublished.size(), 1U);
  EXPECT_EQ(commands_.unpublished[0].to_string(), "8080:80/tcp");
  const json stats = json::parse(ask(R"({"execute":"stats"})"))["return"];
  EXPECT_EQ(stats.size(), base::kCounterCount);
  EXPECT_EQ(stats["dns_queries"], 7);
}

TEST_F(ServerTest, ARefusedRuleSaysWhy) {
  commands_.refusal = "port taken";
  start();
  const auto answer = ask(R"({"execute":"publish","arguments":{"rule":"8080:80"}})");
  EXPECT_EQ(answer, format_error(api::kPublishFailed, "port taken"));
  commands_.refusal = "not there";
  EXPECT_EQ(ask(R"({"execute":"unpublish","arguments":{"rule":"8080:80"}})"),
            format_error(api::kUnpublishFailed, "not there"));
}

TEST_F(ServerTest, TheSocketIsThereWithMode0600AndGoesWithTheServer) {
  const mode_t before = umask(0);
  start();
  umask(before);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path_).permissions(), perms::owner_read | perms::owner_write);
  server_.reset();
  socket_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ServerTest, AStaleSocketIsReplaced) {
  base::Fd dead(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(dead.number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  dead.close();
  start();
  EXPECT_EQ(ask(kList), format_list({}));
}

TEST_F(ServerTest, ALivingSocketIsNotReplacedNorRemoved) {
  start();
  EXPECT_THROW(PathSocket{path_}, base::Failure);
  EXPECT_EQ(ask(kList), format_list({}));
}

TEST_F(ServerTest, ASocketWhoseInstanceIsAboutToEndIsWaitedFor) {
  std::optional<PathSocket> ending(path_);
  std::jthread end([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ending.reset();
  });
  start();
  EXPECT_EQ(ask(kList), format_list({}));
}

TEST_F(ServerTest, ACaptureTakesItsClientOver) {
  socket_.emplace(path_);
  server_ = std::make_unique<Server>(context_, socket_->fd(), Clients::kOwnUser, commands_);
  const base::Fd client = connect_client();
  say(client, R"({"execute":"capture","arguments":{"filter":"tcp"}})");
  for (int i = 0; i < 1000 && commands_.readers.empty(); ++i) turn();
  ASSERT_EQ(commands_.readers.size(), 1U);
  EXPECT_EQ(commands_.captured.front(), *rules::parse_capture_filter("tcp"));
  EXPECT_EQ(server_->client_count(), 0U);
  ASSERT_EQ(send(commands_.readers.front().number(), "a\n", 2, MSG_NOSIGNAL), 2);
  EXPECT_EQ(hear_line(client), "a\n");
}

// The guest itself may reach it.
TEST_F(ServerTest, ACaptureIsNotForTheApiSocket) {
  start();
  const auto answer = nlohmann::json::parse(ask(R"({"execute":"capture"})"));
  EXPECT_EQ(answer["error"]["desc"], api::kCaptureFailed);
  EXPECT_TRUE(commands_.captured.empty());
}

TEST_F(ServerTest, ConnectionsAreAskedForFromAPageOn) {
  start();
  const auto answer =
      nlohmann::json::parse(ask(R"({"execute":"connections","arguments":{"from":41}})"));
  EXPECT_EQ(answer["return"]["next"], 42);
  EXPECT_EQ(answer["return"]["denied_by_policy"], 3);
}

TEST_F(ServerTest, AnythingElseAtThePathIsAnErrorAndStays) {
  std::filesystem::create_directory(path_);
  EXPECT_THROW(start(), base::Failure);
  EXPECT_TRUE(std::filesystem::is_directory(path_));
  std::filesystem::remove(path_);
  std::filesystem::create_symlink(folder_ / "elsewhere", path_);
  EXPECT_THROW(start(), base::Failure);
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
}

TEST_F(ServerTest, AForeignersSocketIsNotReplaced) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  { const PathSocket ours(path_); }
  base::Fd dead(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(dead.number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  dead.close();
  ASSERT_EQ(chown(path_.c_str(), 12345, 12345), 0);
  EXPECT_THROW(start(), base::Failure);
}

TEST_F(ServerTest, ApiPathOf108BytesIsAnError) {
  path_ = folder_ / std::string(107 - folder_.path().native().size() - 1, 'x');
  ASSERT_EQ(path_.size(), 107u);
  EXPECT_NO_THROW(start());
  server_.reset();
  path_ += "x";
  EXPECT_THROW(start(), base::Failure);
}

TEST_F(ServerTest, APathInNoDirectoryIsAnError) {
  path_ = folder_ / "none/api.sock";
  EXPECT_THROW(start(), base::SystemError);
}

}  // namespace
}  // namespace nsrun::control
