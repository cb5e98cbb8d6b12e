// SPDX-License-Identifier: Apache-2.0
#include "launcher/program_output.hh"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/error.hh"
#include "base/fd.hh"
#include "nsrun/exit_status.hh"
#include "os/process.hh"

namespace nsrun::launcher {
namespace {

int become(const std::string& file, std::vector<std::string>& words, base::FdView output) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const base::Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (null.is_open()) ::dup2(null.number(), 0);
  ::dup2(output.number(), 1);
  ::dup2(output.number(), 2);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv(file.c_str(), arguments.data());
  return kExitNotFound;
}

}  // namespace

ProgramOutput output_of(const std::string& file, std::vector<std::string> arguments) {
  std::array<int, 2> ends{};
  base::check("make a pipe", ::pipe2(ends.data(), O_CLOEXEC));
  const base::Fd ours(ends[0]);
  base::Fd theirs(ends[1]);
  arguments.insert(arguments.begin(), file);
  os::Child child = os::Child::start([&] { return become(file, arguments, theirs); });
  theirs.close();
  ProgramOutput output;
  std::array<char, 4096> buffer;
  ssize_t count = 0;
  while ((count = ::read(ours.number(), buffer.data(), buffer.size())) > 0) {
    output.text.append(buffer.data(), static_cast<size_t>(count));
  }
  output.status = child.wait().status();
  return output;
}

}  // namespace nsrun::launcher
