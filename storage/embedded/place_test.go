package embedded_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/storage/embedded"
)

func TestLongPathPutsTheSocketIntoAPrivateTemporaryDirectory(t *testing.T) {
	t.Parallel()
	dir, fallback := longDir(t)
	s := start(t, embedded.Options{Dir: dir, Volatile: true})
	wants(t, s.URL("postgres"), `SHOW unix_socket_directories`, `"`+fallback+`"`)
	info, err := os.Stat(fallback)
	must(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	joined, err := embedded.Attach(limited(t), embedded.Options{Dir: dir})
	must(t, err)
	wants(t, joined.URL("sallyport"), `SELECT 1`, 1)
	stop(t, s)
	if _, err := os.Stat(fallback); err == nil {
		t.Error("the temporary directory is left behind")
	}
}

func TestTemporaryDirectoryOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	traps := map[string]func(t *testing.T, path string){
		"open to others": func(t *testing.T, path string) {
			must(t, os.Mkdir(path, 0o700))
			must(t, os.Chmod(path, 0o777))
		},
		"link": func(t *testing.T, path string) { must(t, os.Symlink(t.TempDir(), path)) },
		"file": func(t *testing.T, path string) { must(t, os.WriteFile(path, nil, 0o700)) },
	}
	if os.Geteuid() == 0 { // nobody else can give a directory away
		traps["another owner"] = func(t *testing.T, path string) {
			must(t, os.Mkdir(path, 0o700))
			must(t, os.Lchown(path, 4242, 4242))
		}
	}
	for name, set := range traps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, fallback := longDir(t)
			set(t, fallback)
			if _, err := embedded.Start(limited(t), embedded.Options{Dir: dir}); !errors.Is(err, embedded.ErrUnsafe) {
				t.Errorf("got %v, want ErrUnsafe", err)
			}
		})
	}
}

func TestSocketDirectoryNeverBreaksTheConnectionString(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]string{
		"/srv/sallyport":                "/srv/sallyport/run",
		"/srv/a,b":                      "/tmp/sallyport-",
		"/" + strings.Repeat("d", 84):   "/" + strings.Repeat("d", 84) + "/run",
		"/" + strings.Repeat("d", 85):   "/tmp/sallyport-",
		"/" + strings.Repeat("ä", 84/2): "/" + strings.Repeat("ä", 84/2) + "/run",
	} {
		if got, err := embedded.SocketDir(dir, "/tmp"); err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, %v", dir, got, err)
		}
	}
	if _, err := embedded.SocketDir("/"+strings.Repeat("d", 100), "/"+strings.Repeat("t", 100)); err == nil {
		t.Error("a socket in a path too long for any")
	}
}

func TestUnreachableDirectoryIsNamed(t *testing.T) {
	t.Parallel()
	base := dataDir(t)
	shut := filepath.Join(base, "shut")
	must(t, os.MkdirAll(filepath.Join(shut, "deep"), 0o700))
	must(t, os.Chmod(base, 0o711))
	if got := embedded.ClosedTo(4242, 4242, filepath.Join(shut, "deep")); got != shut {
		t.Errorf("to a stranger %q is closed, want %q", got, shut)
	}
	if got := embedded.ClosedTo(uint32(os.Geteuid()), 4242, filepath.Join(shut, "deep")); got != "" {
		t.Errorf("to the owner %q is closed", got)
	}
	s, err := embedded.Start(limited(t), embedded.Options{Dir: filepath.Join(shut, "deep", "data"), Volatile: true})
	if os.Geteuid() != 0 { // whoever is not root runs the server as themselves
		must(t, err)
		stop(t, s)
		return
	}
	if !errors.Is(err, embedded.ErrUnreachable) || !strings.Contains(err.Error(), shut+" ") || !strings.Contains(err.Error(), "data_dir") {
		t.Errorf("got %v", err)
	}
}

func TestSharedDirectoryIsRefusedUnchanged(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.Chmod(dir, 0o777|os.ModeSticky))
	if _, err := embedded.Start(limited(t), embedded.Options{Dir: dir}); !errors.Is(err, embedded.ErrUnsafe) {
		t.Errorf("got %v, want ErrUnsafe", err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o777 {
		t.Errorf("changed to %v (%v)", info.Mode(), err)
	}
}

func TestRelativeDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := embedded.Start(limited(t), embedded.Options{Dir: "data"}); err == nil {
		t.Error("a relative data_dir is taken")
	}
}

// longDir is a data directory whose own socket path would be too long, and where
// its socket goes instead.
func longDir(t *testing.T) (dir, fallback string) {
	t.Helper()
	dir = filepath.Join(dataDir(t), strings.Repeat("d", 90))
	must(t, os.MkdirAll(dir, 0o711))
	must(t, os.Chmod(filepath.Dir(dir), 0o711))
	fallback, err := embedded.SocketDir(dir, os.TempDir())
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(fallback) })
	return dir, fallback
}
