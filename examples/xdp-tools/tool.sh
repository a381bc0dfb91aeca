#!/bin/sh
# In the guest: runs one of the tools with its own libraries, and leaves its pid in NAME.pid: tool.sh NAME ARGUMENT...
tools=/opt/xdp-tools
name=$1
shift
echo $$ >"$name.pid"
export LIBXDP_OBJECT_PATH=$tools/bpf
exec "$tools/lib/ld-linux-x86-64.so.2" --library-path "$tools/lib" "$tools/$name" "$@"
