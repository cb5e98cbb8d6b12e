// SPDX-License-Identifier: Apache-2.0
#include "launcher/limits.hh"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.hh"

namespace nsrun::launcher {
namespace {

constexpr Limits kAll{.memory_bytes = 64 << 20, .cpu_microseconds = 1'500'000, .processes = 32};

TEST(Limits, MemoryHasDockersSuffixes) {
  EXPECT_EQ(parse_memory("4096"), 4096U);
  EXPECT_EQ(parse_memory("4096b"), 4096U);
  for (const char* text : {"512m", "512M", "512mb", "512MiB", "0.5g", "524288k"}) {
    EXPECT_EQ(parse_memory(text), 512U << 20) << text;
  }
  EXPECT_EQ(parse_memory("1.5g"), 3ULL << 29);
  EXPECT_EQ(parse_memory("2t"), 2ULL << 40);
  for (const char* text : {"", "m", "-1", "0", "0m", "1x", "1mbx", "1 m", ".5g", "1..5g", "1e3",
                           "99999999p", "max", "0.0001k"}) {
    EXPECT_EQ(parse_memory(text), std::nullopt) << text;
  }
}

TEST(Limits, ProcessorsMayBeFractions) {
  EXPECT_EQ(parse_cpus("2"), 2'000'000U);
  EXPECT_EQ(parse_cpus("0.5"), 500'000U);
  EXPECT_EQ(parse_cpus("0.01"), 10'000U);
  EXPECT_EQ(parse_cpus("1.3"), 1'300'000U);
  for (const char* text : {"", "0", "0.009", "-1", "x", "1x", ".5", "10001", "1,5"}) {
    EXPECT_EQ(parse_cpus(text), std::nullopt) << text;
  }
}

TEST(Limits, EachHasItsFile) {
  std::string text;
  for (const LimitFile& file : files_for(kAll)) text += file.name + "=" + file.text + "\n";
  EXPECT_EQ(text, "memory.max=67108864\ncpu.max=150000 100000\npids.max=32\n");
  EXPECT_TRUE(files_for({}).empty());
}

TEST(Limits, MissingControllersAreNamedWithTheirOptions) {
  EXPECT_EQ(missing_controllers(kAll, "cpuset cpu io memory pids\n"), "");
  EXPECT_EQ(missing_controllers(kAll, "cpuset io pids\n"), "memory for --memory, cpu for --cpus");
  EXPECT_EQ(missing_controllers({.memory_bytes = 1}, "memory"), "");
  EXPECT_EQ(missing_controllers({}, ""), "");
}

TEST(Limits, WhatIsNotInForceIsNamed) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "memory.max") << "67108864\n";
  std::ofstream(folder / "cpu.max") << "max 100000\n";
  EXPECT_EQ(missing_limits(kAll, folder.path()), "cpu for --cpus, pids for --pids");
  EXPECT_EQ(missing_limits({.memory_bytes = 1}, folder.path()), "");
}

}  // namespace
}  // namespace nsrun::launcher
