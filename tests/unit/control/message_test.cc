// SPDX-License-Identifier: Apache-2.0
#include "control/message.hh"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "nsrun/api.hh"

namespace nsrun::control {
namespace {

wire::IpAddress ip(std::string_view text) { return wire::IpAddress::parse(text).value(); }

std::string add(const std::string& arguments) {
  return R"({"execute":"add_hostfwd","arguments":)" + arguments + "}";
}

rules::PortForward added(const std::string& arguments) {
  const base::Result<Request> request = parse_request(add(arguments));
  if (!request) {
    ADD_FAILURE() << request.error();
    return {};
  }
  return std::get<AddForward>(*request).forward;
}

std::string error_of(const std::string& text) {
  const base::Result<Request> request = parse_request(text);
  return request ? "accepted" : request.error();
}

TEST(Message, AddNamesEveryPartOfTheForward) {
  const rules::PortForward expected{
      wire::Transport::kTcp, {ip("127.0.0.1"), 8080}, {ip("10.0.2.100"), 80}};
  EXPECT_EQ(added(R"({"proto":"tcp","host_addr":"127.0.0.1","host_port":8080,)"
                  R"("guest_addr":"10.0.2.100","guest_port":80})"),
            expected);
}

TEST(Message, IfHostAddrIsNotSpecifiedThenItDefaultsToAny) {
  EXPECT_EQ(added(R"({"proto":"udp","host_port":53,"guest_port":53})").host,
            (wire::Endpoint{wire::kAnyV4, 53}));
}

TEST(Message, IfGuestAddrIsAbsentOrEmptyItIsLeftToTheGuestsDefault) {
  EXPECT_EQ(added(R"({"proto":"tcp","host_port":1,"guest_port":2})").guest.address, wire::kAnyV4);
  EXPECT_EQ(added(R"({"proto":"tcp","host_port":1,"guest_addr":"","guest_port":2})").guest.address,
            wire::kAnyV4);
  EXPECT_EQ(added(R"({"proto":"tcp","host_addr":"::","host_port":1,"guest_port":2})").guest.address,
            wire::kAnyV6);
}

TEST(Message, Ipv6AddressesAreAccepted) {
  const rules::PortForward forward =
      added(R"({"proto":"tcp","host_addr":"::1","host_port":1,"guest_addr":"fd00::100",)"
            R"("guest_port":65535})");
  EXPECT_EQ(forward.host, (wire::Endpoint{wire::kLoopbackV6, 1}));
  EXPECT_EQ(forward.guest, (wire::Endpoint{ip("fd00::100"), 65535}));
}

TEST(Message, BadAddArgumentsAreNamed) {
  struct Case {
    const char* arguments;
    std::string_view error;
  };
  const Case cases[] = {
      {R"({"host_port":1,"guest_port":1})", api::kAddBadProto},  // crashes slirp4netns
      {R"({"proto":null,"host_port":1,"guest_port":1})", api::kAddBadProto},
      {R"({"proto":6,"host_port":1,"guest_port":1})", api::kAddBadProto},
      {R"({"proto":"sctp","host_port":1,"guest_port":1})", api::kAddBadProto},
      {R"("tcp")", api::kAddBadProto},
      {R"([])", api::kAddBadProto},
      {R"({"proto":"tcp","host_addr":"x","host_port":1,"guest_port":1})", api::kAddBadHostAddress},
      {R"({"proto":"tcp","host_addr":"224.0.0.1","host_port":1,"guest_port":1})",
       api::kAddBadHostAddress},
      {R"({"proto":"tcp","host_addr":5,"host_port":1,"guest_port":1})", api::kAddBadHostAddress},
      {R"({"proto":"tcp","host_addr":"fe80::1%lo","host_port":1,"guest_port":1})",
       api::kAddBadHostAddress},
      {R"({"proto":"tcp"})", api::kAddBadHostPort},
      {R"({"proto":"tcp","host_port":"80","guest_port":1})", api::kAddBadHostPort},
      {R"({"proto":"tcp","host_port":80.0,"guest_port":1})", api::kAddBadHostPort},
      {R"({"proto":"tcp","host_port":0,"guest_port":1})", api::kAddBadHostPort},
      {R"({"proto":"tcp","host_port":-1,"guest_port":1})", api::kAddBadHostPort},
      {R"({"proto":"tcp","host_port":65536,"guest_port":1})", api::kAddBadHostPort},
      {R"({"proto":"tcp","host_port":70000,"guest_port":1})", api::kAddBadHostPort},
      {R"({"proto":"tcp","host_port":18446744073709551615,"guest_port":1})", api::kAddBadHostPort},
      {R"({"proto":"tcp","host_port":1e400,"guest_port":1})", api::kCannotParse},
      {R"({"proto":"tcp","host_port":1,"guest_addr":"zz","guest_port":1})",
       api::kAddBadGuestAddress},
      {R"({"proto":"tcp","host_port":1,"guest_addr":[],"guest_port":1})", api::kAddBadGuestAddress},
      {R"({"proto":"tcp","host_port":1})", api::kAddBadGuestPort},
      {R"({"proto":"tcp","host_port":1,"guest_port":70000})", api::kAddBadGuestPort},
      {R"({"proto":"tcp","host_port":1,"guest_port":true})", api::kAddBadGuestPort},
  };
  for (const Case& one : cases) EXPECT_EQ(error_of(add(one.arguments)), one.error) << one.arguments;
}

TEST(Message, RequestsWithoutArgumentsAreErrorsNotCrashes) {
  EXPECT_EQ(error_of(R"({"execute":"add_hostfwd"})"), api::kAddBadProto);
  EXPECT_EQ(error_of(R"({"execute":"remove_hostfwd"})"), api::kRemoveBadId);
}

TEST(Message, WhatIsNoRequestIsSaidInSlirp4netnsWords) {
  EXPECT_EQ(error_of(""), "bad request: cannot parse JSON");
  EXPECT_EQ(error_of("hello"), "bad request: cannot parse JSON");
  EXPECT_EQ(error_of("[1]"), "bad request: cannot parse JSON");
  EXPECT_EQ(error_of("{\"execute\":\"\xff\"}"), "bad request: cannot parse JSON");
  EXPECT_EQ(error_of("{}"), "bad request: no execute found");
  EXPECT_EQ(error_of(R"({"execute":1})"), "bad request: no execute found");
  EXPECT_EQ(error_of(R"({"execute":"x"})"), "bad request: unknown execute");
}

TEST(Message, RemoveTakesAPositiveId) {
  EXPECT_EQ(std::get<RemoveForward>(
                *parse_request(R"({"execute":"remove_hostfwd","arguments":{"id":6}})"))
                .id,
            6);
  for (const char* id : {R"("6")", "0", "-1", "6.0", "4294967297", "null"}) {
    EXPECT_EQ(
        error_of(R"({"execute":"remove_hostfwd","arguments":{"id":)" + std::string(id) + "}}"),
        "bad request: remove_hostfwd: bad arguments.id")
        << id;
  }
}

TEST(Message, ListNeedsNoArguments) {
  EXPECT_EQ(*parse_request(R"( {"execute" : "list_hostfwd"}
)"),
            Request(ListForwards{}));
}

TEST(Message, AnswersHaveSlirp4netnsShape) {
  EXPECT_EQ(format_added(1), "{\"return\":{\"id\":1}}\n");
  EXPECT_EQ(format_removed(), "{\"return\":{}}\n");
  EXPECT_EQ(format_error(api::kNoExecute),
            "{\"error\":{\"desc\":\"bad request: no execute found\"}}\n");
  const auto failed =
      nlohmann::json::parse(format_error(api::kAddFailed, "Address already in use"));
  EXPECT_EQ(failed["error"]["desc"], "bad request: add_hostfwd: slirp_add_hostfwd failed");
  EXPECT_EQ(failed["error"]["reason"], "Address already in use");
}

TEST(Message, ListShowsTheEntriesWhereTheManualAndWhereTheReferencePutsThem) {
  const ForwardEntry entries[] = {
      {3, {wire::Transport::kUdp, {ip("::1"), 5353}, {ip("fd00::100"), 53}}}};
  const auto answer = nlohmann::json::parse(format_list(entries));
  EXPECT_EQ(answer["entries"], answer["return"]["entries"]);
  EXPECT_EQ(answer["entries"], nlohmann::json::parse(R"([{"id":3,"proto":"udp","host_addr":"::1",
      "host_port":5353,"guest_addr":"fd00::100","guest_port":53}])"));
  EXPECT_EQ(nlohmann::json::parse(format_list({}))["entries"], nlohmann::json::array());
}

TEST(Message, PublishTakesARuleAsTheCommandLineDoes) {
  const auto request = parse_request(R"({"execute":"publish","arguments":{"rule":"8080:80"}})");
  ASSERT_TRUE(request.ok());
  ASSERT_EQ(std::get<Publish>(*request).rules.size(), 1U);
  EXPECT_EQ(std::get<Publish>(*request).rules[0].to_string(), "8080:80/tcp");
  EXPECT_EQ(error_of(R"({"execute":"publish"})"), api::kPublishBadRule);
  EXPECT_EQ(error_of(R"({"execute":"publish","arguments":{"rule":80}})"), api::kPublishBadRule);
  EXPECT_NE(error_of(R"({"execute":"publish","arguments":{"rule":"x"}})").find("invalid port"),
            std::string::npos);
}

TEST(Message, SeveralRulesAreOneRequest) {
  const auto add = parse_request(
      R"({"execute":"publish","arguments":{"rules":["53","53/udp","[::1]:9000-9001:90-91"]}})");
  const auto end = parse_request(
      R"({"execute":"unpublish","arguments":{"rules":["53","53/udp","[::1]:9000-9001:90-91"]}})");
  ASSERT_TRUE(add.ok() && end.ok());
  EXPECT_EQ(std::get<Publish>(*add).rules.size(), 3U);
  EXPECT_EQ(std::get<Publish>(*add).rules, std::get<Unpublish>(*end).rules);
  for (const char* rules : {"[]", "\"53\"", "[53]", "[\"53\",null]", "{}", "null"}) {
    for (const auto& [execute, refusal] : {std::pair("publish", api::kPublishBadRule),
                                           std::pair("unpublish", api::kUnpublishBadRule)}) {
      EXPECT_EQ(
          error_of(fmt::format(R"({{"execute":"{}","arguments":{{"rules":{}}}}})", execute, rules)),
          refusal)
          << rules;
    }
  }
  EXPECT_NE(error_of(R"({"execute":"unpublish","arguments":{"rules":["53","x"]}})").find("\"x\""),
            std::string::npos);
}

TEST(Message, ConnectionsBeginAtTheStartOrAtAPage) {
  EXPECT_EQ(*parse_request(R"({"execute":"connections"})"), Request(ListFlows{0}));
  EXPECT_EQ(*parse_request(R"({"execute":"connections","arguments":{"from":805306368}})"),
            Request(ListFlows{805306368}));
  for (const char* from : {"-1", "\"1\"", "1.5", "null", "4294967296"}) {
    EXPECT_EQ(
        error_of(std::string(R"({"execute":"connections","arguments":{"from":)") + from + "}}"),
        "bad request: connections: bad arguments.from");
  }
}

TEST(Message, AConnectionIsShownWithWhatIsKnownOfIt) {
  using namespace std::chrono_literals;
  const wire::FlowReport tcp{.kind = wire::FlowKind::kTcp,
                             .is_published = true,
                             .guest = {ip("10.0.2.100"), 80},
                             .remote = {ip("192.0.2.2"), 40000},
                             .state = "ESTABLISHED",
                             .bytes_to_host = 5'000'000'000,
                             .bytes_to_guest = 7,
                             .age = 1500ms,
                             .host_round_trip = 12345us,
                             .guest_round_trip = 25us};
  const wire::FlowReport ping{.kind = wire::FlowKind::kPing,
                              .guest = {ip("fd00::100"), 9},
                              .remote = {ip("2001:db8::2"), 0}};
  const auto answer =
      nlohmann::json::parse(format_flows({{.flows = {tcp, ping}, .next = 77}, /*denied=*/4}));
  const auto& shown = answer["return"];
  EXPECT_EQ(shown["next"], 77);
  EXPECT_EQ(shown["denied_by_policy"], 4);
  EXPECT_EQ(shown["connections"][0],
            nlohmann::json::parse(
                R"({"proto":"tcp","direction":"published","guest_addr":"10.0.2.100","guest_port":80,
                    "remote_addr":"192.0.2.2","remote_port":40000,"state":"ESTABLISHED",
                    "policy":"allowed","bytes_to_host":5000000000,"bytes_to_guest":7,
                    "age_ms":1500,"rtt_us":12345,"guest_rtt_us":25})"));
  EXPECT_EQ(shown["connections"][1],
            nlohmann::json::parse(
                R"({"proto":"ping","direction":"out","guest_addr":"fd00::100","guest_port":9,
                    "remote_addr":"2001:db8::2","remote_port":0,"state":null,"policy":"allowed",
                    "bytes_to_host":0,"bytes_to_guest":0,"age_ms":0,"rtt_us":null,
                    "guest_rtt_us":null})"));
  EXPECT_TRUE(nlohmann::json::parse(format_flows({}))["return"]["next"].is_null());
}

TEST(Message, ACaptureMayHaveAFilter) {
  EXPECT_EQ(*parse_request(R"({"execute":"capture"})"), Request(StartCapture{}));
  const auto filtered =
      parse_request(R"({"execute":"capture","arguments":{"filter":"tcp and port 80"}})");
  EXPECT_EQ(*filtered, Request(StartCapture{*rules::parse_capture_filter("tcp and port 80")}));
  EXPECT_EQ(error_of(R"({"execute":"capture","arguments":{"filter":7}})"),
            "bad request: capture: bad arguments.filter");
  EXPECT_EQ(error_of(R"({"execute":"capture","arguments":{"filter":"port x"}})"),
            "bad request: capture: bad arguments.filter: filter: \"x\" is not a port");
}

TEST(Message, TextThatIsNotUtf8CanBeShown) {
  EXPECT_NE(format_error("\xff").find("error"), std::string::npos);
}

}  // namespace
}  // namespace nsrun::control
