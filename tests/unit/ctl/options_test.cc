// SPDX-License-Identifier: Apache-2.0
#include "ctl/options.hh"

#include <gtest/gtest.h>

#include <cstdlib>

namespace nsrun::ctl {
namespace {

base::Result<Invocation> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "netns-ctl");
  return parse_options(static_cast<int>(words.size()), words.data());
}

Options options_of(std::vector<const char*> words) {
  const auto invocation = parse(std::move(words));
  if (!invocation) {
    ADD_FAILURE() << invocation.error();
    return {};
  }
  return std::get<Options>(*invocation);
}

std::string error_of(std::vector<const char*> words) {
  const auto invocation = parse(std::move(words));
  return invocation ? "accepted" : invocation.error();
}

TEST(CtlOptions, EachCommandHasItsWords) {
  EXPECT_TRUE(std::holds_alternative<ListInstances>(options_of({"ps"}).command));
  EXPECT_EQ(std::get<ListPorts>(options_of({"port", "list", "web"}).command).instance, "web");
  const auto add = std::get<AddPorts>(
      options_of({"port", "add", "web", "-p", "8080:80", "--publish=53:53/udp"}).command);
  EXPECT_EQ(add.instance, "web");
  ASSERT_EQ(add.rules.size(), 2u);
  EXPECT_EQ(add.rules[0].to_string(), "8080:80/tcp");
  EXPECT_EQ(add.rules[1].to_string(), "53:53/udp");
  EXPECT_EQ(std::get<RemovePorts>(options_of({"port", "rm", "-p", "80", "web"}).command).instance,
            "web");
  EXPECT_TRUE(
      std::get<ShowStats>(options_of({"stats", "web", "--prometheus"}).command).as_prometheus);
}

TEST(CtlOptions, ConnectionsAreOfOneInstance) {
  EXPECT_EQ(std::get<ListConnections>(options_of({"connections", "web"}).command).instance, "web");
  EXPECT_EQ(error_of({"connections"}), "expected: netns-ctl connections NAME");
  EXPECT_EQ(error_of({"connections", "a", "b"}), "expected: netns-ctl connections NAME");
}

TEST(CtlOptions, ACaptureHasAFileAndMayHaveAFilterAndLimits) {
  const auto plain = std::get<CaptureFrames>(options_of({"capture", "web", "-w", "-"}).command);
  EXPECT_EQ(plain.instance, "web");
  EXPECT_EQ(plain.path, "-");
  EXPECT_EQ(plain.filter, "");
  EXPECT_FALSE(plain.frames || plain.seconds);
  const auto full =
      std::get<CaptureFrames>(options_of({"capture", "web", "tcp", "and", "port", "80", "--write",
                                          "f", "--count", "7", "--seconds", "60"})
                                  .command);
  EXPECT_EQ(full.path, "f");
  EXPECT_EQ(full.filter, "tcp and port 80");
  EXPECT_EQ(full.frames, 7U);
  EXPECT_EQ(full.seconds, 60U);
}

TEST(CtlOptions, MistakesOfACaptureAreNamed) {
  EXPECT_EQ(error_of({"capture", "web"}), "expected: netns-ctl capture NAME -w FILE [FILTER]");
  EXPECT_EQ(error_of({"capture", "-w", "f"}), "expected: netns-ctl capture NAME -w FILE [FILTER]");
  EXPECT_EQ(error_of({"capture", "web", "-w", "f", "port", "x"}), "filter: \"x\" is not a port");
  EXPECT_EQ(error_of({"capture", "web", "-w", "f", "--count", "-1"}),
            "--count \"-1\": expected a number of frames up to 1000000000000");
  EXPECT_EQ(error_of({"capture", "web", "-w", "f", "--seconds", "86401"}),
            "--seconds \"86401\": expected a number of seconds up to 86400");
  EXPECT_EQ(error_of({"capture", "web", "-w", "-", "--json"}),
            "--json and -w - both want the output");
  EXPECT_EQ(error_of({"stop", "web", "--count", "1"}), "-w, --count and --seconds are for capture");
}

TEST(CtlOptions, TopIsOfAllOrOfOne) {
  EXPECT_FALSE(std::get<ShowTop>(options_of({"top"}).command).instance);
  const auto one = std::get<ShowTop>(options_of({"top", "web", "--once"}).command);
  EXPECT_EQ(one.instance, "web");
  EXPECT_TRUE(one.once);
  EXPECT_EQ(error_of({"top", "a", "b"}), "expected: netns-ctl top [NAME]");
  EXPECT_EQ(error_of({"ps", "--once"}), "--once is for top");
}

using Words = std::vector<std::string>;

TEST(CtlOptions, WhatFollowsTheNameOfExecIsTheCommands) {
  const auto run = [](std::vector<const char*> words) {
    const auto command = std::get<RunInInstance>(options_of(std::move(words)).command);
    EXPECT_EQ(command.instance, "web");
    return command.words;
  };
  EXPECT_EQ(run({"exec", "web", "ls", "-l", "--json"}), (Words{"ls", "-l", "--json"}));
  EXPECT_EQ(run({"exec", "web", "--", "ls", "--"}), (Words{"ls", "--"}));
  EXPECT_EQ(run({"exec", "web", "--", "--help"}), (Words{"--help"}));
  for (const auto& words : {std::vector<const char*>{"exec"},
                            {"exec", "web"},
                            {"exec", "web", "--"},
                            {"exec", "web", ""},
                            {"exec", "--json", "web"},
                            {"--json", "exec", "web", "ls"}}) {
    EXPECT_EQ(error_of(words), "expected: netns-ctl exec NAME [--] COMMAND [ARGUMENT ...]");
  }
}

TEST(CtlOptions, ShellIsTheUsers) {
  ::setenv("SHELL", "/bin/dash", 1);
  const auto run = std::get<RunInInstance>(options_of({"shell", "web"}).command);
  EXPECT_EQ(run.words, Words{"/bin/dash"});
  ::unsetenv("SHELL");
  EXPECT_EQ(std::get<RunInInstance>(options_of({"shell", "web"}).command).words, Words{"/bin/sh"});
  EXPECT_EQ(error_of({"shell"}), "expected: netns-ctl shell NAME");
}

TEST(CtlOptions, JsonMayStandAnywhere) {
  EXPECT_FALSE(options_of({"ps"}).as_json);
  EXPECT_TRUE(options_of({"ps", "--json"}).as_json);
  EXPECT_TRUE(options_of({"--json", "stats", "web"}).as_json);
}

TEST(CtlOptions, HelpAndVersionWinOverEverything) {
  EXPECT_TRUE(std::holds_alternative<ShowHelp>(*parse({"nonsense", "-h"})));
  EXPECT_TRUE(std::holds_alternative<ShowVersion>(*parse({"--version"})));
}

TEST(CtlOptions, AMistakeIsNamed) {
  EXPECT_NE(error_of({}).find("a command is expected"), std::string::npos);
  EXPECT_EQ(error_of({"ps", "web"}), "ps takes no arguments");
  EXPECT_EQ(error_of({"stats"}), "expected: netns-ctl stats NAME");
  EXPECT_EQ(error_of({"port", "add", "web"}), "expected: netns-ctl port add NAME -p RULE");
  EXPECT_EQ(error_of({"port", "list", "web", "-p", "80"}), "port list takes no -p");
  EXPECT_EQ(error_of({"stats", "web", "-p", "80"}), "-p is for port add and port rm");
  EXPECT_EQ(error_of({"port", "move", "web"}), "port \"move\": expected add, list or rm");
  EXPECT_EQ(error_of({"ps", "--prometheus"}), "--prometheus is for stats, without --json");
  EXPECT_EQ(error_of({"port", "add", "web", "-p"}), "--publish needs a value");
  for (const std::string rule : {"unix:/x:80", "auto"}) {
    EXPECT_EQ(error_of({"port", "add", "web", "-p", rule.c_str()}),
              "--publish \"" + rule + "\": only for netns-run -p, when it starts");
  }
  EXPECT_NE(error_of({"port", "add", "web", "-p", "0"}).find("invalid port \"0\""),
            std::string::npos);
}

}  // namespace
}  // namespace nsrun::ctl
