package embedded_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
)

func TestServerShutsDownByItselfWhenItsParentIsKilled(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	kill(helper(t, dir))
	eventually(t, func() error {
		if _, err := os.Stat(dir + "/pgdata/postmaster.pid"); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the server still runs (%v)", err)
		}
		return nil
	})
}
