# install.mk: make install, uninstall and deb. Names are quoted: DESTDIR may have blanks in it.

# Manual pages and completions, which the programs print. A cross-build cannot run them: it has none.
BASHDIR ?= $(DATADIR)/bash-completion/completions
ZSHDIR  ?= $(DATADIR)/zsh/site-functions
NAMES   := $(notdir $(PROGRAMS))
HERE    := $(shell uname -m | sed 's/^i[3-6]86$$/i686/; s/^arm64$$/aarch64/')
MANUAL  := $(if $(filter $(HERE)-%,$(MACHINE)),$(NAMES:%=$B/manual/%.1))
$B/manual/%.1: $B/%
	@mkdir -p $(@D)
	$Q $< --print man >$@
	$Q $< --print bash >$B/manual/$*.bash
	$Q $< --print zsh >$B/manual/$*.zsh

# The shared library is lib<name>.so.VERSION with its two usual links. PREFIX may be relative; p2cnn.pc
# needs it whole.
HEADERS := $(wildcard lib/p2cnn*.h)
PC_SETTINGS = s|@PREFIX@|$(abspath $(PREFIX))|; s|@LIBDIR@|$(abspath $(LIBDIR))|; \
    s|@INCLUDEDIR@|$(abspath $(INCLUDEDIR))|; s|@VERSION@|$(VERSION)|; \
    s|@PACKAGES@|$(strip $(PACKAGES))|; \
    s|@LIBS@|$(strip $(DLIB_LIBS) $(CUDA_LIBS) $(OMP_LIBS) -pthread -lm)|
install: all $(MANUAL)
	$(INSTALL) -d "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(INCLUDEDIR)" "$(DESTDIR)$(LIBDIR)/pkgconfig"
	$(INSTALL) -m 755 $(PROGRAMS) "$(DESTDIR)$(BINDIR)/"
	$(INSTALL) -m 644 $(HEADERS) "$(DESTDIR)$(INCLUDEDIR)/"
	$(INSTALL) -m 644 $B/libp2cnn.a "$(DESTDIR)$(LIBDIR)/"
	$(INSTALL) -m 644 $B/libp2cnn.so "$(DESTDIR)$(LIBDIR)/libp2cnn.so.$(VERSION)"
	ln -sf libp2cnn.so.$(VERSION) "$(DESTDIR)$(LIBDIR)/$(SONAME)"
	ln -sf $(SONAME) "$(DESTDIR)$(LIBDIR)/libp2cnn.so"
	sed '$(PC_SETTINGS)' lib/p2cnn.pc.in >"$(DESTDIR)$(LIBDIR)/pkgconfig/p2cnn.pc"
ifneq ($(MANUAL),)
	$(INSTALL) -d "$(DESTDIR)$(MANDIR)/man1" "$(DESTDIR)$(BASHDIR)" "$(DESTDIR)$(ZSHDIR)"
	$(INSTALL) -m 644 $(MANUAL) "$(DESTDIR)$(MANDIR)/man1/"
	for p in $(NAMES); do \
	    $(INSTALL) -m 644 $B/manual/$$p.bash "$(DESTDIR)$(BASHDIR)/$$p"; \
	    $(INSTALL) -m 644 $B/manual/$$p.zsh "$(DESTDIR)$(ZSHDIR)/_$$p"; \
	done
endif

# What install put there, by name. Folders stay: others may use them.
uninstall:
	$(foreach p,$(NAMES),rm -f "$(DESTDIR)$(BINDIR)/$p" "$(DESTDIR)$(MANDIR)/man1/$p.1" \
	    "$(DESTDIR)$(BASHDIR)/$p" "$(DESTDIR)$(ZSHDIR)/_$p";)
	$(foreach h,$(notdir $(HEADERS)),rm -f "$(DESTDIR)$(INCLUDEDIR)/$h";)
	$(foreach f,libp2cnn.a libp2cnn.so $(SONAME) libp2cnn.so.$(VERSION) pkgconfig/p2cnn.pc,\
	    rm -f "$(DESTDIR)$(LIBDIR)/$f";)

# Debian packages libp2cnn0, libp2cnn-dev and p2cnn, of the files that git knows.
DEB := build/deb/p2cnn-$(VERSION)
deb:
	@command -v dpkg-buildpackage >/dev/null && command -v dh >/dev/null || \
	    { echo "make deb needs the packages dpkg-dev and debhelper" >&2; exit 1; }
	@git rev-parse --is-inside-work-tree >/dev/null 2>&1 || \
	    { echo "make deb needs git, and a checkout of the sources" >&2; exit 1; }
	rm -rf build/deb && mkdir -p $(DEB)
	git ls-files -z | xargs -0 cp --parents -t $(DEB)
	cp -r .ci/debian $(DEB)/debian
	printf '%s\n' 'p2cnn ($(VERSION)) unstable; urgency=medium' '' '  * See CHANGELOG.md.' '' \
	    " -- The p2cnn authors <p2cnn@example.org>  $$(date -R -r CHANGELOG.md)" \
	    >$(DEB)/debian/changelog
	cd $(DEB) && dpkg-buildpackage -us -uc -b
	@ls -l build/deb/*.deb
