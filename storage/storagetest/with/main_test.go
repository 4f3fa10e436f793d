package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// play makes the test binary run main with its own arguments.
const play = "SALLYPORT_WITH_PLAY"

func TestMain(m *testing.M) {
	if os.Getenv(play) != "" {
		main()
	}
	os.Exit(m.Run())
}

func TestCommandGetsADatabaseAndItsExitCodeBack(t *testing.T) {
	t.Parallel()
	temp := temporary(t)
	cmd := with(temp, "sh", "-c", `echo "$SALLYPORT_TEST_DATABASE_URL"; exit 7`)
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != 7 {
		t.Errorf("exit code %d (%v)", code, err)
	}
	if url := string(out); !strings.HasPrefix(url, "postgres://postgres@/postgres?host=") {
		t.Errorf("address %q", url)
	}
	empty(t, temp)
}

func TestSignalReachesTheCommandAndNothingIsLeft(t *testing.T) {
	t.Parallel()
	temp := temporary(t)
	cmd := with(temp, "sh", "-c", `echo up; exec cat`)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "up\n" {
		t.Errorf("got %q (%v)", line, err)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 128+int(syscall.SIGTERM) {
		t.Errorf("exit code %d", code)
	}
	empty(t, temp)
}

func TestMissingCommandIsOurOwnFailure(t *testing.T) {
	t.Parallel()
	temp := temporary(t)
	cmd := with(temp, "/nonexistent/command")
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != broken || !strings.Contains(string(out), "/nonexistent/command") {
		t.Errorf("exit code %d (%v): %s", code, err, out)
	}
	empty(t, temp)
}

func with(temp string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), play+"=1", "TMPDIR="+temp)
	return cmd
}

// temporary is a directory a server of root's can reach; t.TempDir is not.
func temporary(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sallyport-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func empty(t *testing.T, dir string) {
	t.Helper()
	if left, _ := filepath.Glob(dir + "/*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
