// A quarantine record as bytes.
#pragma once
#include <string>
#include <string_view>

#include "storage/fold_item.h"

namespace wf {

std::string encode_quarantine(const Quarantine& record);  // without its key
Result<Quarantine> decode_quarantine(std::string_view key, std::string_view bytes);

}  // namespace wf
