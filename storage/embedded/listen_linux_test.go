package embedded_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKernelKnowsOfNoTCPListenerOfTheServer(t *testing.T) {
	t.Parallel()
	_, dir := shared(t)
	process := fmt.Sprintf("/proc/%d", pid(t, dir))
	fds, err := filepath.Glob(process + "/fd/*")
	must(t, err)
	sockets := 0
	for _, fd := range fds {
		target, _ := os.Readlink(fd)
		inode, isSocket := strings.CutPrefix(target, "socket:[")
		if !isSocket {
			continue
		}
		sockets++
		for _, table := range []string{"/net/tcp", "/net/tcp6"} {
			text, _ := os.ReadFile(process + table) // a kernel without IPv6 has no tcp6
			if strings.Contains(string(text), " "+strings.TrimSuffix(inode, "]")+" ") {
				t.Errorf("socket %s is TCP", inode)
			}
		}
	}
	if sockets == 0 {
		t.Error("not even the Unix socket was seen")
	}
}
