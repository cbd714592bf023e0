// The one place where Asio's and Beast's own code is compiled (BOOST_ASIO_SEPARATE_COMPILATION and
// its sisters).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
