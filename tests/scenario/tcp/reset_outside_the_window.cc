// SPDX-License-Identifier: Apache-2.0
//
// Such a reset is nobody's: no effect, no answer.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, ResetOutsideTheWindow) {
  guest_connected();
  guest.sends(rst().seq(0));
  guest.sends(rst().seq(1 + 65536));
  guest.sends(rst().seq(0x80000000));
  flow.is(State::kEstablished);
  relay.is_silent();
}

}  // namespace nsrun::tcp
