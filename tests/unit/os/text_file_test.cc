// SPDX-License-Identifier: Apache-2.0
#include "os/text_file.hh"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temporary_folder.hh"

namespace nsrun::os {
namespace {

class TextFileTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  std::string path_ = folder_ / "file";
};

TEST_F(TextFileTest, WhatIsWrittenIsRead) {
  const std::string text = std::string(10'000, 'x') + '\0' + "end\n";
  write_text(path_, text);
  EXPECT_EQ(*read_text(path_), text);
  EXPECT_EQ(*read_text(path_, 4097), text.substr(0, 4097));
  EXPECT_EQ(*read_text(path_, 0), "");
  EXPECT_EQ(text_or_nothing(path_), text);
}

TEST_F(TextFileTest, AFileThatIsThereIsNotOverwritten) {
  write_text(path_, "first");
  EXPECT_THROW(write_text(path_, "second"), base::SystemError);
  EXPECT_EQ(*read_text(path_), "first");
}

TEST_F(TextFileTest, AMissingFileIsNamed) {
  EXPECT_EQ(read_text(path_).error(), "read " + path_ + ": No such file or directory");
  EXPECT_EQ(text_or_nothing(path_), "");
}

TEST_F(TextFileTest, APipeIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(read_text(path_).error(), "read " + path_ + ": it is not a regular file");
  EXPECT_FALSE(read_text(folder_.path()).ok());
}

TEST_F(TextFileTest, FilesOfTheKernelAreRead) {
  EXPECT_NE(read_text("/proc/self/stat")->find(')'), std::string::npos);
}

}  // namespace
}  // namespace nsrun::os
