; Installer for 64-bit Windows, made on Linux or Windows:
;   makensis -DPAYLOAD=folder -DVERSION=0.1.0 -DOUT=ktpel-kiosk-setup.exe installer/windows/kiosk.nsi
; PAYLOAD is the folder PyInstaller made (any folder for the tests). Silent: /S. Data elsewhere: /DATA=D:\kios or /DATA="D:\data kios". Account that runs the
; kiosk and gets the data folder: /KIOS=name. Uninstaller: /S keeps the data, /S /HAPUSDATA removes it.
Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
ManifestDPIAware true
ManifestLongPathAware true
RequestExecutionLevel admin
!include LogicLib.nsh
!include FileFunc.nsh
!include x64.nsh
!define NAME "KTP-el Kiosk"
!define KEY "Software\${NAME}"
!define UNINST "Software\Microsoft\Windows\CurrentVersion\Uninstall\${NAME}"
!define ENV "SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
!define NIGHT "${NAME} malam"
Name "${NAME} ${VERSION}"
OutFile "${OUT}"
InstallDir "$PROGRAMFILES64\${NAME}"
InstallDirRegKey HKLM "${KEY}" "Folder"
Icon "${__FILEDIR__}/kiosk.ico"
UninstallIcon "${__FILEDIR__}/kiosk.ico"
BrandingText " "
ShowInstDetails nevershow
ShowUninstDetails nevershow
LoadLanguageFile "${NSISDIR}\Contrib\Language files\Indonesian.nlf"
VIProductVersion "${VERSION}.0"
VIAddVersionKey /LANG=0 "ProductName" "${NAME}"
VIAddVersionKey /LANG=0 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileDescription" "Pemasang ${NAME}"
VIAddVersionKey /LANG=0 "LegalCopyright" "Apache-2.0"
Page directory
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles
Var Data
Var Account
Var Answer

!macro refuse_while_open where
  ; a program that runs holds its file: it cannot be opened for writing
  ${If} ${FileExists} "$INSTDIR\ktpel-kiosk.exe"
    ClearErrors
    FileOpen $0 "$INSTDIR\ktpel-kiosk.exe" a
    ${If} ${Errors}
      MessageBox MB_OK|MB_ICONSTOP "Meja masih terbuka. Tutup dulu lewat menunya, lalu ulangi." /SD IDOK
      SetErrorLevel 3
      Quit
    ${EndIf}
    FileClose $0
  ${EndIf}
!macroend

Function .onInit
  SetRegView 64
  SetShellVarContext all
  ${IfNot} ${RunningX64}
    MessageBox MB_OK|MB_ICONSTOP "Perlu Windows 64 bit." /SD IDOK
    SetErrorLevel 4
    Quit
  ${EndIf}
  ; an upgrade keeps the place of program and data of the former installation, unless told otherwise
  ReadRegStr $0 HKLM "${KEY}" "Folder"
  ${If} $0 != ""
    StrCpy $INSTDIR $0
  ${EndIf}
  ReadRegStr $Data HKLM "${KEY}" "Data"
  ${If} $Data == ""
    ReadEnvStr $0 ProgramData
    StrCpy $Data "$0\${NAME}"
  ${EndIf}
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/DATA=" $0
  ${IfNot} ${Errors}
    StrCpy $Data $0
  ${EndIf}
  ReadRegStr $Account HKLM "${KEY}" "Akun"
  ClearErrors
  ${GetOptions} $R0 "/KIOS=" $0
  ${IfNot} ${Errors}
    StrCpy $Account $0
  ${EndIf}
FunctionEnd

Section "program"
  !insertmacro refuse_while_open install
  ; what the former version had and this one has not must not stay: the old program goes, never the data
  RMDir /r "$INSTDIR\_internal"
  SetOutPath "$INSTDIR"
  ClearErrors
  File /r "${PAYLOAD}/*"
  ${If} ${Errors}
    SetErrorLevel 5
    Abort "Berkas program tidak dapat ditulis."
  ${EndIf}
  WriteUninstaller "$INSTDIR\uninstall.exe"

  CreateDirectory "$Data"
  ; nobody but the kiosk's account (else: whoever sits here), administrators and the system
  ${If} $Account == ""
    StrCpy $1 "*S-1-5-4"
  ${Else}
    StrCpy $1 "$Account"
  ${EndIf}
  nsExec::Exec '"$SYSDIR\icacls.exe" "$Data" /inheritance:r /grant:r "*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F" "$1:(OI)(CI)M"'
  Pop $0
  WriteRegStr HKLM "${KEY}" "AclHasil" "$0"

  WriteRegStr HKLM "${KEY}" "Folder" "$INSTDIR"
  WriteRegStr HKLM "${KEY}" "Data" "$Data"
  WriteRegStr HKLM "${KEY}" "Akun" "$Account"
  WriteRegStr HKLM "${KEY}" "Versi" "${VERSION}"
  WriteRegStr HKLM "${ENV}" "KTPEL_DATA" "$Data"
  SendMessage 0xFFFF 0x001A 0 "STR:Environment" /TIMEOUT=5000
  WriteRegStr HKLM "Software\Microsoft\Windows\CurrentVersion\App Paths\ktpel-kiosk.exe" "" "$INSTDIR\ktpel-kiosk.exe"

  WriteRegStr HKLM "${UNINST}" "DisplayName" "${NAME}"
  WriteRegStr HKLM "${UNINST}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINST}" "Publisher" "${NAME}"
  WriteRegStr HKLM "${UNINST}" "DisplayIcon" "$INSTDIR\ktpel-kiosk.exe"
  WriteRegStr HKLM "${UNINST}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINST}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINST}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINST}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINST}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKLM "${UNINST}" "EstimatedSize" "$0"

  CreateDirectory "$SMPROGRAMS\${NAME}"
  CreateShortCut "$SMPROGRAMS\${NAME}\${NAME}.lnk" "$INSTDIR\ktpel-kiosk-jendela.exe" "run"
  CreateShortCut "$SMPROGRAMS\${NAME}\Periksa komputer.lnk" "$SYSDIR\cmd.exe" '/k "$INSTDIR\ktpel-kiosk.exe" doctor'

  ; the night's examination of this desk, under the kiosk's own account, whose key opens the register (DPAPI): only while it is signed in
  ${If} $Account != ""
    nsExec::Exec '"$SYSDIR\schtasks.exe" /Create /F /TN "${NIGHT}" /SC DAILY /ST 20:00 /IT /RU "$Account" /TR "cmd /c \"\"$INSTDIR\ktpel-kiosk.exe\" doctor > \"$Data\malam.txt\"\""'
    Pop $0
    WriteRegStr HKLM "${KEY}" "TugasHasil" "$0"
  ${EndIf}
SectionEnd

Function un.onInit
  SetRegView 64
  SetShellVarContext all
  ReadRegStr $Data HKLM "${KEY}" "Data"
FunctionEnd

Section "Uninstall"
  !insertmacro refuse_while_open uninstall
  StrCpy $Answer "tinggal"
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/HAPUSDATA" $0
  ${IfNot} ${Errors}
    StrCpy $Answer "hapus"
  ${ElseIf} ${FileExists} "$Data\*.*"
    ; the default is No, and silence means No
    MessageBox MB_YESNO|MB_DEFBUTTON2|MB_ICONEXCLAMATION "Hapus juga data kantor di $Data?$\r$\n$\r$\nRegister, kunci, dan paket yang belum terkirim hilang dan tidak dapat dikembalikan. Salinan di diska lain tidak disentuh." /SD IDNO IDNO keep
    MessageBox MB_YESNO|MB_DEFBUTTON2|MB_ICONSTOP "Benar-benar hapus semua data kantor di $Data?" /SD IDNO IDNO keep
    StrCpy $Answer "hapus"
    keep:
  ${EndIf}
  nsExec::Exec '"$SYSDIR\schtasks.exe" /Delete /F /TN "${NIGHT}"'
  Pop $0
  ; only what the installer laid down: a folder chosen by mistake must not lose anything else
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\ktpel-kiosk.exe"
  Delete "$INSTDIR\ktpel-kiosk-jendela.exe"
  Delete "$INSTDIR\ktpel-python.exe"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${NAME}\${NAME}.lnk"
  Delete "$SMPROGRAMS\${NAME}\Periksa komputer.lnk"
  RMDir "$SMPROGRAMS\${NAME}"
  DeleteRegKey HKLM "${UNINST}"
  DeleteRegKey HKLM "Software\Microsoft\Windows\CurrentVersion\App Paths\ktpel-kiosk.exe"
  DeleteRegValue HKLM "${ENV}" "KTPEL_DATA"
  ${If} $Answer == "hapus"
    RMDir /r "$Data"
    DeleteRegKey HKLM "${KEY}"
  ${Else}
    DeleteRegValue HKLM "${KEY}" "Folder"
    DeleteRegValue HKLM "${KEY}" "Versi"
  ${EndIf}
SectionEnd
